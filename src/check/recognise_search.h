/* recognise_search.h - the search behind recognising: values that are made of the operands, at several points at once, and
 * the numbers that are looked for. Two values that agree at all points count as one. */
#ifndef GRADUS_SRC_CHECK_RECOGNISE_SEARCH_H
#define GRADUS_SRC_CHECK_RECOGNISE_SEARCH_H

#include "check/recognise.h"

enum {
    GD__POINTS = 4, /* at most: where values are told apart, */
    GD__FRESH = 2,  /* and where what was found is looked at once more */
    GD__ALL_POINTS = GD__POINTS + GD__FRESH,
    GD__MOST_OPERANDS = 16,
    GD__MOST_VALUES = 2048,
    GD__MOST_TARGETS = 512,
    GD__MOST_SHAPES = 8,
    GD__MOST_RAISED = 32,
    GD__MOST_TRIES = 49152,
    GD__MOST_TOTALS = 320,
    GD__CELLS = 8192,
    GD__PRIORITIES = 40
};

/* Numbers at each point, and what tells them from others whatever they are scaled by and shifted by. */
typedef struct gd__numbers {
    int64_t count; /* at one point */
    const double *at[GD__POINTS];
    double mean, norm; /* over all points; norm: of what is left without the mean */
    double key;        /* a projection of that, without sign and scale: 0 to 1, about evenly */
} gd__numbers;

/* Who is looked at: a step in the making of another alone, a result at most, or whatever can be made of it too. */
typedef enum gd__standing { GD__QUIET, GD__CHECKED, GD__EXPANDED } gd__standing;

/* A value that was made: an operand, or an operation on values. */
typedef struct gd__value {
    gd__op_id op;
    int count, in[3];
    gd__attrs attrs;
    gd_tensor *t[GD__POINTS];
    gd_dims shape;
    gd__numbers numbers;
    double low, high; /* its smallest and largest number */
    int cost;
    unsigned kind; /* what textbooks would call it: of recognise_tries.c */
    uint32_t uses; /* bit i: operand i */
    gd__standing standing;
    int next; /* in the cell of its key */
} gd__value;

/* Numbers that are looked for: with them in the place of operand `hole`, the operation `op` makes those of the parent. */
typedef struct gd__target {
    const struct gd__target *parent; /* NULL: this is the result */
    gd__op_id op;
    int hole, other; /* the other operand is a value; -1: there is none */
    int64_t axis;    /* of a softmax */
    double shift;    /* of an added number */
    bool open;       /* two values together are looked for in it */
    gd_dims shape;
    gd__numbers numbers;
    int next;
} gd__target;

/* Something that could be made: an operation, or a turn of phrase (beyond GD__OP_COUNT), and what from. */
typedef struct gd__try {
    int what, a, b;
    double scalar[2];
    int64_t integer[2];
    int cost, next;
} gd__try;

/* A value summed over axes down to the one number that is looked for. */
typedef struct gd__total {
    int value;
    int64_t bits;
    double at[GD__POINTS];
} gd__total;

typedef struct gd__quest {
    gd_context *context;
    gd__opaque *function;
    void *user;
    int operands, points;
    double tolerance;
    gd_tensor *x[GD__ALL_POINTS][GD__MOST_OPERANDS]; /* floats as float64 */
    gd_tensor *y[GD__ALL_POINTS];
    int values, targets, tries, totals, settled, checks;
    double work, budget; /* about a nanosecond each */
    gd__value *value;
    gd__target *target;
    gd__try *attempt;
    gd__total *total;
    gd_dims shape[GD__MOST_SHAPES]; /* of the targets, without ones */
    int shapes;
    int raised[GD__MOST_RAISED], raised_count; /* values whose standing has been raised since they were looked at */
    int value_cell[GD__CELLS], target_cell[GD__CELLS];
    int first[GD__PRIORITIES], last[GD__PRIORITIES]; /* of the tries, by priority */
    int farthest, unused;           /* the last priority that there is room for; places that are free again */
    double *scratch[2][GD__POINTS]; /* as many numbers as the result has */
    gd__recipe draft, best;         /* the one that is being written, and the simplest that agreed */
    int price;                      /* of that one; INT_MAX: none did */
} gd__quest;

/* ---- points ---- */

/* How the other points are drawn. */
typedef enum gd__manner {
    GD__NORMAL,       /* normal, of the operand's scale */
    GD__POSITIVE,     /* the same without sign; between 0 and 1, where its own are */
    GD__UNIT,         /* between 0 and 1 */
    GD__LIKE_ITS_OWN, /* the operand's own numbers, drawn anew and changed a little */
    GD__SHUFFLED,     /* the same, not changed: where others are not taken */
    GD__MANNERS
} gd__manner;

/* Sets the points, and the function there; the first is x itself. False where the function can't be asked there. */
bool gd__draw_points(gd__quest *s, gd_tensors x, gd__manner manner);

/* ---- values ---- */

/* Sets mean, norm and key. */
void gd__measure(const gd__quest *s, gd__numbers *n);

/* Is y = c v + b, nearly? */
bool gd__fit(const gd__quest *s, const gd__numbers *y, const gd__numbers *v, double *c, double *b);

/* The cell of a key, and how far that of a neighbour lies. */
int gd__cell(double key, int neighbour);

/* An operand as a value. */
bool gd__add_operand(gd__quest *s, int operand);

/* Makes a value, or finds the one that agrees with it; -1 where it can't be, or is not finite. Shapes must fit. */
int gd__make(gd__quest *s, gd__op_id op, int count, const int *in, const gd__attrs *attrs, int cost,
             gd__standing standing);
int gd__make1(gd__quest *s, gd__op_id op, int a, const gd__attrs *attrs, int cost, gd__standing standing);
int gd__make2(gd__quest *s, gd__op_id op, int a, int b, int cost, gd__standing standing);

/* Do they broadcast? The common shape. */
bool gd__broadcast(gd_dims a, gd_dims b, gd_dims *common);

/* ---- what could be made ---- */

/* Puts all that could be made of this value, and of it and older ones, into the queue. */
void gd__expand(gd__quest *s, int value);

/* Takes the likeliest out of the queue; false: it is empty. */
bool gd__next_try(gd__quest *s, gd__try *t);

/* Makes it: new values. */
void gd__carry_out(gd__quest *s, const gd__try *t);

/* What is made of the operands alone, and is the result or a term of it, or nothing: views that have as many numbers,
 * operands joined, regularisers. */
void gd__make_first(gd__quest *s);

/* ---- what is looked for ---- */

/* Sets the targets: the result, and what it would be made of by a last step or two. */
bool gd__set_targets(gd__quest *s);

/* Does this value make the result, alone or with another? */
void gd__check_value(gd__quest *s, int value);

/* ---- recipes ---- */

/* Values c v + b, with v summed over the axes of these bits where there are any. */
typedef struct gd__part {
    int value;
    int64_t bits;
    double c, b;
} gd__part;

/* Writes the recipe that puts the part into the target, and keeps it where it is simpler than the best up to now and
 * agrees at all points. */
void gd__try_part(gd__quest *s, const gd__target *target, const gd__part *part);

/* The same for the sum of two parts as the result. */
void gd__try_sum(gd__quest *s, const gd__part *p, const gd__part *q);

/* The axes of a set, and how many numbers are summed over them. */
int64_t gd__count_over(gd_dims shape, int64_t bits);

#endif
