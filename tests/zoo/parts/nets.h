/* nets.h - the networks of the zoo: single operations, layers with their losses, and what networks are made of. */
#ifndef GRADUS_TESTS_ZOO_NETS_H
#define GRADUS_TESTS_ZOO_NETS_H

#include "zoo/parts/net.h"

typedef struct dice {
    uint64_t state;
} dice;
uint64_t roll(dice *d);
int below(dice *d, int n);
double between(dice *d, double low, double high);

int net_count(void);

/* The network of this number: its shapes and first numbers follow from the seed. */
void make_net(int number, uint64_t seed, net *n);

/* The same network at an earlier point: other parameters and inputs, the same constants. */
void earlier_net(const net *now, uint64_t seed, net *old);

#endif
