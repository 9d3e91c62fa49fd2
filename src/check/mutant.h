/* mutant.h - the mistakes that can be put into a program's backward part, and running it with some of them in it. */
#ifndef GRADUS_SRC_CHECK_MUTANT_H
#define GRADUS_SRC_CHECK_MUTANT_H

#include "gradus/check.h"

#include "check/program.h"

/* What takes the place of a node's value. Of an edge: what its rule makes of other values; a and b as said. */
typedef enum gd__mutation {
    GD__MUT_SCALE,          /* c times the gradient */
    GD__MUT_ONLY,           /* an edge: the others into the same node are lost; `at` is the gathering node, a this edge's */
    GD__MUT_SKIP,           /* the rule is left out: the gradient of the result itself */
    GD__MUT_TWICE,          /* the rule is applied to its own result */
    GD__MUT_DIAGONAL,       /* of softmax: y (1 - y) dy */
    GD__MUT_POINT,          /* the rule at x = node a, y = f(a) */
    GD__MUT_RESULT,         /* the rule, which reads y, with node a for y */
    GD__MUT_OPERAND,        /* operand b is node a; with c = 2 that one's transpose */
    GD__MUT_OPERAND_TURNED, /* the last two axes of operand b change places */
    GD__MUT_OPERAND_NOT,    /* operand b, a mask, is inverted */
    GD__MUT_OPERAND_ROLLED, /* operand b is one place off along its last axis, a = +-1 */
    GD__MUT_OPERAND_ROWS,   /* or along its first */
    GD__MUT_OPERAND_TERM,   /* operand b, a sum or difference, with the sign of its term a turned (0, 1) or without it (2, 3) */
    GD__MUT_INDEX,          /* operand b, indices, is one off, a = +-1 */
    GD__MUT_EARLIER,        /* operand b has the value of the forward before */
    GD__MUT_ALL_EARLIER,    /* and all that the rule reads */
    GD__MUT_OTHER_GRADIENT, /* the gradient of the other operand */
    GD__MUT_COMPLEMENT,     /* what the rule lets pass is stopped, and the other way round */
    GD__MUT_LAST_USE,       /* of an element that indices name several times, the last use alone (a = -1), or the first (0) */
    GD__MUT_TURNED,         /* the last two axes of the gradient change places */
    GD__MUT_ROLLED,         /* the gradient is one place off along axis a, b = +-1 */
    GD__MUT_SAMPLE,         /* of a product over samples, the last (a = -1) or first (0) alone */
    GD__MUT_SAMPLES_BUT,    /* all but that */
    GD__MUT_AXIS,           /* along axis a in place of its own; with b the result stays what it was */
    GD__MUT_EXTRA,          /* times the derivative of a sigmoid (a = 0), tanh (1), relu (2) or softmax, its diagonal (3) or all of it (4),
                               at the value b */
    GD__MUT_LOGITS,         /* of a loss of logits, (f(value) - target) s: the target, node a, is added (c = 0), is missing (1), or all but
                               it is (2); or f is taken along axis 0 (3), or left out (4), or the
                               target is one off along its last axis (5, 6); f of node b is a sigmoid or, where `edge` is -2, softmax; where a
                               is -1, labels stand for the target */
    /* Of a node within a rule: */
    GD__MUT_TERM_SIGN,      /* of a sum or difference, operand a has the other sign */
    GD__MUT_TERM_DROPPED,   /* operand a of a sum, difference or product is left out */
    GD__MUT_SWAPPED,        /* a matrix product in the other order */
    GD__MUT_FACTOR_TWICE,   /* operand a of a product counts twice */
    GD__MUT_NOT,            /* the mask is inverted */
    GD__MUT_COMPARED,       /* the mask is made of node a */
    GD__MUT_NUMBER,         /* its number is c */
    GD__MUT_AVERAGED,       /* the sum is a mean */
    GD__MUT_SUM_SAMPLE,     /* of a sum over samples the last or the first alone */
    GD__MUT_SUM_BUT,        /* all but that */
    GD__MUT_SUM_AXIS,       /* over the other axis */
    GD__MUT_RESHAPED,       /* reshaped where it should be transposed */
    GD__MUT_FROM_EARLIER,   /* of the forward: the value of the forward before, and all that follows from it */
    GD__MUT_NO_SEED,        /* of the seed: ones, as if the incoming gradient did not matter */
    GD__MUT_NORM,           /* of what a normalisation with the result a is made of: its derivative as a formula, with mistake c in it (norm.c) */
    GD__MUT_ROUNDED         /* rounded to float32 */
} gd__mutation;

typedef struct gd__mutant {
    int at; /* the node whose value it changes */
    gd__mutation kind;
    int edge; /* -1: none */
    int a, b;
    double c;
    gd_cause cause;
    double cost; /* how unlikely it is: a negative logarithm */
    const struct gd__mutant *next; /* the same mistake at another step, made together with this one; NULL: no other */
} gd__mutant;

typedef struct gd__mutants {
    gd_context *context;
    gd__mutant *item;
    int count, capacity;
} gd__mutants;

/* All that can be tried. With `earlier`, values of an earlier forward are there. False with the error set. */
bool gd__mutants_list(gd__mutants *list, const gd__program *p, bool earlier);
/* Adds, for mistakes that stand at several steps alike, one that makes them at all of these: a helper that is used again and
 * again has its mistake each time. The list must grow no more: they point into it. */
bool gd__mutants_repeat(gd__mutants *list, const gd__program *p, bool by_rules);
/* Those that round to float32; with `backward`, in the backward part alone. */
bool gd__mutants_list_rounded(gd__mutants *list, const gd__program *p, bool backward);
void gd__mutants_free(gd__mutants *list);
bool gd__mutants_add(gd__mutants *list, gd__mutant m);

/* Those of normalisations: listed, made, told. */
bool gd__mutants_list_norms(gd__mutants *list, const gd__program *p);
gd_tensor *gd__normalised_wrongly(const gd__program *p, const gd__mutant *m, gd_tensor *const *env);
const char *gd__norm_text(const gd__mutant *m);

/* The node that holds the whole gradient of forward node `id`; -1 where it has none. */
int gd__whole_of(const gd__program *p, int id);

/* Runs the backward part with these mistakes in it; env has p->count values, in the current scope. `earlier`: values of the
 * forward part, NULL where there are none. Mistakes that can't be made at these shapes: false, without an error. */
bool gd__mutants_run(const gd__program *p, const gd__mutant *const *m, int count, gd_tensor *const *earlier, gd_tensor **env);

/* Is dy, the gradient of what p is the softmax of, (p - target) s with one 1 in each row of the target and one s? The target; NULL where it is
 * not so. */
gd_tensor *gd__target_of_labels(gd_tensor *dy, gd_tensor *p);

/* Can both be tried at once? */
bool gd__mutants_go_together(const gd__program *p, const gd__mutant *a, const gd__mutant *b);

/* As snprintf; text that has no room is cut. */
void gd__say(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A cause in words, with its remedy, without a place. */
void gd__mistake_of(gd_cause cause, double factor, gd_mistake *to);

/* What it is, in a sentence, and what to do. */
void gd__mutant_tell(const gd__program *p, const gd__mutant *m, gd_mistake *mistake);

#endif
