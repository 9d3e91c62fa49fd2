/* print.c - a plan in words. */
#include "compile/plan.h"

void gd_print_plan(const gd_plan *plan, FILE *to)
{
    if (!to)
        return;
    if (!gd__alive(plan)) {
        fprintf(to, "%s\n", gd_message(gd__context(plan)));
        return;
    }
    fprintf(to, "not yet\n");
}
