/* generate.h - random programs, made while they run: a step is drawn so that it mostly fits what is alive. */
#ifndef GRADUS_TESTS_FUZZ_GENERATE_H
#define GRADUS_TESTS_FUZZ_GENERATE_H

#include "fuzz/parts/world.h"

/* What kind of program it is. */
typedef struct taste {
    bool smooth; /* float64, ordinary numbers, gradients wanted: for derivatives */
    int wild;    /* percent of the calls that get an argument which does not fit */
    int length;  /* steps */
} taste;

/* Sets up the program of this seed, and says of which kind it is to be. */
taste begin_program(program *p, uint64_t seed);

/* Draws, adds and runs the next step, and what it needs before it. */
void next_step(world *w, dice *d, const taste *t);

/* The parts of generate_*.c. */
int add_step(world *w, step s);
int any_tensor(world *w, dice *d, const taste *t);
int make_tensor(world *w, dice *d, const taste *t, gd_dtype dtype, gd_dims shape, flavour f);
gd_dims some_shape(dice *d);
gd_dtype some_dtype(dice *d, const taste *t);
flavour some_flavour(dice *d, const taste *t);
bool fill_step(world *w, dice *d, const taste *t, step *s);
void spoil_step(world *w, dice *d, step *s);
drawn a_tensor(int slot);
drawn an_integer(int64_t n);
drawn a_number(double n);
drawn a_shape(gd_dims dims);
typedef bool wanted(const object *o, const void *user);
int pick(world *w, dice *d, wanted *good, const void *user);

#endif
