/* export.h - a case's numbers as text, for other programs. */
#ifndef GRADUS_TESTS_ZOO_EXPORT_H
#define GRADUS_TESTS_ZOO_EXPORT_H

#include "zoo/parts/cases.h"

/* One case: a line of its number, how many mistakes, the number of nodes; a line for each node; a line for each claimed
 * gradient. torch_gradcheck.py reads them. A case without numbers of its own, where memory is overwritten, is left out. */
void export_case(const zoo_case *c, FILE *to);

#endif
