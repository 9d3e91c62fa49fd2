/* mutate.c - the mistakes that can be made in a net, and their names. */
#include "zoo/parts/mutate.h"

#include <math.h>
#include <string.h>

static const char *const names[MISTAKES] = {
    "correct",
    "flip sign",
    "wrong factor",
    "zero",
    "round to float",
    "stale value",
    "other value",
    "assign",
    "transpose",
    "reorder",
    "roll",
    "add earlier",
    "give none",
    "give other",
    "flatten wrong",
    "leave out derivative",
    "derivative twice",
    "at output",
    "formula of output",
    "invert mask",
    "mask of gradient",
    "not summed",
    "one sample",
    "mean over batch",
    "sum wrong axis",
    "no mean",
    "mean instead",
    "swap operands",
    "no transpose",
    "leave out factor",
    "diagonal",
    "jacobian twice",
    "along wrong axis",
    "term flipped",
    "first term missing",
    "second term missing",
    "both terms missing",
    "shift index",
    "set repeated",
    "not reversed",
    "not permuted",
    "pass through",
};

const char *mistake_name(mistake m)
{
    return names[m];
}

/* ---- which can be made ---- */

typedef struct list {
    const net *n;
    mutation *to;
    int count;
    dice dice;
} list;

static void put(list *l, mistake m, int at, int operand, double factor, int other)
{
    if (l->count < MOST_MUTATIONS)
        l->to[l->count++] = (mutation){ m, at, operand, factor, other };
}

static void put_factors(list *l, int at, int operand)
{
    const double factors[] = { 2, 0.5, l->n->batch, 1.0 / l->n->batch, l->n->classes, l->n->features };
    for (int i = 0; i < 6; i++)
        put(l, WRONG_FACTOR, at, operand, factors[i], 0);
}

static bool is_variable(const node *n)
{
    return n->role != CONSTANT && n->role != LABELS;
}

static void put_others(list *l, mistake m, int at, int operand, int instead_of, bool leaves)
{
    int other = below(&l->dice, l->n->count);
    for (int i = 0, put_now = 0; i < l->n->count && put_now < 2; i++, other = (other + 1) % l->n->count) {
        const node *o = &l->n->node[other];
        if (other == instead_of || other == at || !same_dims(o->shape, l->n->node[instead_of].shape) ||
            !o->shape.rank)
            continue;
        if (o->role == LABELS || (leaves && (o->kind != LEAF || !is_variable(o))))
            continue;
        put(l, m, at, operand, 1, other);
        put_now++;
    }
}

static void put_whole(list *l, int at)
{
    const node *n = &l->n->node[at];
    put(l, FLIP_SIGN, at, NOWHERE, 1, 0);
    put_factors(l, at, NOWHERE);
    put(l, ZERO, at, NOWHERE, 1, 0);
    if (n->kind != LEAF)
        return;
    put(l, ROUND_TO_FLOAT, at, NOWHERE, 1, 0);
    put(l, STALE_VALUE, at, NOWHERE, 1, 0);
    put(l, ADD_EARLIER, at, NOWHERE, 1, 0);
    put(l, GIVE_NONE, at, NOWHERE, 1, 0);
    put(l, REORDER, at, NOWHERE, 1, 0);
    put(l, ROLL, at, NOWHERE, 1, 0);
    put_others(l, GIVE_OTHER, at, NOWHERE, at, true);
    if (n->shape.rank == 2) {
        put(l, TRANSPOSE, at, NOWHERE, 1, 0);
        if (n->shape.size[0] != n->shape.size[1])
            put(l, FLATTEN_WRONG, at, NOWHERE, 1, 0);
    }
}

static bool is_square(dims d)
{
    return d.rank == 2 && d.size[0] == d.size[1];
}

/* Does this mistake give a gradient of the operand's shape, as it stands? */
static bool product_fits(const net *n, const node *at, int operand, mistake m)
{
    dims a = n->node[at->x[0]].shape, b = n->node[at->x[1]].shape;
    int N = a.size[at->flipped[0]], K = a.size[!at->flipped[0]], M = b.size[!at->flipped[1]];
    if (m == SWAP_OPERANDS)
        return N == K && K == M;
    if (m == NO_TRANSPOSE)
        return operand ? N == K : K == M;
    return true;
}

static bool fits(const net *n, int at, int operand, mistake m)
{
    const node *to = &n->node[at], *x = &n->node[to->x[operand]];
    bool broadcast = entries(x->shape) < entries(to->shape);
    switch (m) {
    case NOT_SUMMED: return broadcast && x->kind == LEAF && consumers(n, to->x[operand]) == 1;
    case ONE_SAMPLE: return broadcast && x->shape.rank == 1;
    case MEAN_OVER_BATCH: return broadcast;
    case SUM_WRONG_AXIS: return broadcast && is_square(to->shape);
    case ALONG_WRONG_AXIS:
        return to->kind == SUM || to->kind == MEAN ? to->axis != ALL_AXES && is_square(x->shape) : x->shape.rank == 2;
    case NO_MEAN: return to->kind == MEAN || to->mean;
    case MEAN_INSTEAD: return to->kind == SUM || (to->kind >= MSE && !to->mean);
    case NOT_PERMUTED: return entries(x->shape) == entries(to->shape);
    default: return to->kind != MATMUL || product_fits(n, to, operand, m);
    }
}

static void put_at(list *l, int at, int operand)
{
    const node *n = &l->n->node[at];
    put(l, FLIP_SIGN, at, operand, 1, 0);
    put(l, ZERO, at, operand, 1, 0);
    put(l, ROUND_TO_FLOAT, at, operand, 1, 0);
    put_factors(l, at, operand);
    if (consumers(l->n, n->x[operand]) > 1)
        put(l, ASSIGN, at, operand, 1, 0);
    for (mistake m = CORRECT; m < MISTAKES; m++) {
        if (!(rules[n->kind].mistakes[operand] & CAN(m)) || !fits(l->n, at, operand, m))
            continue;
        if (m == OTHER_VALUE)
            put_others(l, m, at, operand, n->x[1] == NOWHERE ? n->x[0] : n->x[1 - operand], false);
        else
            put(l, m, at, operand, 1, 0);
    }
}

int catalogue(const net *n, uint64_t seed, mutation *to)
{
    list l = { .n = n, .to = to, .dice = { seed } };
    for (int i = 0; i < n->count; i++) {
        if (is_variable(&n->node[i]))
            put_whole(&l, i);
        for (int k = 0; k < 2; k++)
            if (n->node[i].x[k] != NOWHERE && is_variable(&n->node[n->node[i].x[k]]))
                put_at(&l, i, k);
    }
    return l.count;
}

/* ---- what they are called ---- */

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

static gd_cause cause_of_zero(const net *n, const mutation *m)
{
    if (m->operand == NOWHERE)
        return GD_CAUSE_MISSING;
    int from = n->node[m->node].x[m->operand];
    if (n->node[m->node].regulariser)
        return GD_CAUSE_REGULARISER_MISSING;
    if (consumers(n, from) < 2)
        return GD_CAUSE_MISSING;
    return n->node[from].role == PARAMETER ? GD_CAUSE_SHARED_ONCE : GD_CAUSE_PATH_FORGOTTEN;
}

static bool has_mask(kind k)
{
    return k == RELU || k == LEAKY_RELU || k == ABS;
}

gd_cause cause_of(const net *n, const mutation *m)
{
    kind k = n->node[m->node].kind;
    switch (m->mistake) {
    case FLIP_SIGN: return GD_CAUSE_SIGN;
    case WRONG_FACTOR: return GD_CAUSE_FACTOR;
    case ZERO: return cause_of_zero(n, m);
    case ROUND_TO_FLOAT: return GD_CAUSE_FLOAT32;
    case STALE_VALUE: return GD_CAUSE_STALE;
    case OTHER_VALUE:
        return has_mask(k) ? GD_CAUSE_MASK_WRONG : k < ADD ? GD_CAUSE_WRONG_POINT : GD_CAUSE_WRONG_VALUE;
    case ASSIGN: return GD_CAUSE_ASSIGNED;
    case TRANSPOSE: return GD_CAUSE_TRANSPOSED;
    case REORDER:
    case FLATTEN_WRONG:
    case NOT_PERMUTED:
    case NOT_REVERSED: return GD_CAUSE_PERMUTED;
    case ROLL:
    case SHIFT_INDEX: return GD_CAUSE_OFF_BY_ONE;
    case ADD_EARLIER: return GD_CAUSE_ACCUMULATED;
    case GIVE_NONE: return GD_CAUSE_MISSING;
    case GIVE_OTHER: return GD_CAUSE_WRONG_VALUE;
    case LEAVE_OUT_DERIVATIVE: return GD_CAUSE_DERIVATIVE_MISSING;
    case DERIVATIVE_TWICE: return GD_CAUSE_DERIVATIVE_TWICE;
    case AT_OUTPUT:
    case FORMULA_OF_OUTPUT: return GD_CAUSE_WRONG_POINT;
    case INVERT_MASK: return GD_CAUSE_MASK_INVERTED;
    case MASK_OF_GRADIENT: return GD_CAUSE_MASK_WRONG;
    case NOT_SUMMED:
    case ONE_SAMPLE: return GD_CAUSE_NOT_SUMMED;
    case MEAN_OVER_BATCH:
    case MEAN_INSTEAD: return GD_CAUSE_MEAN_FOR_SUM;
    case SUM_WRONG_AXIS:
    case ALONG_WRONG_AXIS: return GD_CAUSE_WRONG_AXIS;
    case NO_MEAN: return GD_CAUSE_SUM_FOR_MEAN;
    case SWAP_OPERANDS: return GD_CAUSE_OPERANDS_SWAPPED;
    case NO_TRANSPOSE: return GD_CAUSE_TRANSPOSED;
    case LEAVE_OUT_FACTOR: return GD_CAUSE_TERM_MISSING;
    case DIAGONAL: return GD_CAUSE_SOFTMAX_DIAGONAL;
    case JACOBIAN_TWICE: return GD_CAUSE_SOFTMAX_TWICE;
    case TERM_FLIPPED: return GD_CAUSE_TERM_SIGN;
    case FIRST_TERM_MISSING:
    case SECOND_TERM_MISSING:
    case BOTH_TERMS_MISSING: return GD_CAUSE_TERM_MISSING;
    case SET_REPEATED: return GD_CAUSE_ASSIGNED;
    case PASS_THROUGH: return GD_CAUSE_NOT_DETACHED;
    default: return GD_CAUSE_UNKNOWN;
    }
}

/* Is the factor, or what it divides by, how many samples, classes or features there are, or entries of a tensor? */
static bool is_count(const net *n, double factor)
{
    double size = fabs(factor) < 1 ? 1 / fabs(factor) : fabs(factor);
    for (int i = 0; i < n->count; i++) {
        dims d = n->node[i].shape;
        for (int k = 0; k < d.rank; k++)
            if (near(size, d.size[k]))
                return true;
        if (near(size, entries(d)))
            return true;
    }
    return false;
}

/* Names that say the same of such a mistake, each with its reason. */
causes names_of(const net *n, const mutation *m)
{
    gd_cause first = cause_of(n, m);
    causes all = CAUSE(first);
    kind k = n->node[m->node].kind;
    switch (m->mistake) {
    case WRONG_FACTOR: /* a count that should not be there: a mean, or a sum, too many */
        if (!is_count(n, m->factor))
            return all;
        return all | CAUSE(m->factor > 1 ? GD_CAUSE_SUM_FOR_MEAN : GD_CAUSE_MEAN_FOR_SUM);
    case GIVE_OTHER: /* the gradients of the two operands change places */
        return all | CAUSE(GD_CAUSE_OPERANDS_SWAPPED);
    case SECOND_TERM_MISSING:
    case FIRST_TERM_MISSING:
        if (k == MSE || k == HALF_SE) /* without the target: the square's derivative at x instead of x - t */
            return all | CAUSE(GD_CAUSE_WRONG_POINT);
        /* y dy of y (dy - sum y dy): what stands on the diagonal of diag(y) - y y^T, without y y^T */
        return k == SOFTMAX || k == LOG_SOFTMAX || k == CE_LABELS || k == CE_ONE_HOT
                   ? all | CAUSE(GD_CAUSE_SOFTMAX_DIAGONAL)
                   : all;
    case FLIP_SIGN:
    case TERM_FLIPPED: /* of one of several terms, or of all that comes back through one operation */
        return all | CAUSE(GD_CAUSE_TERM_SIGN) | CAUSE(GD_CAUSE_SIGN);
    case ONE_SAMPLE: /* each sample's share takes the place of the one before */
        return all | CAUSE(GD_CAUSE_ASSIGNED);
    case ZERO: /* a path that hands nothing on, a term that is not there, a tensor detached: the same numbers */
        if (first == GD_CAUSE_REGULARISER_MISSING)
            return all;
        return all | CAUSE(GD_CAUSE_PATH_FORGOTTEN) | CAUSE(GD_CAUSE_TERM_MISSING) | CAUSE(GD_CAUSE_DETACHED) |
               (first == GD_CAUSE_MISSING ? CAUSE(GD_CAUSE_MISSING) : 0);
    case ASSIGN: /* what was there before is lost: the other paths, or uses, are forgotten */
        return all | CAUSE(GD_CAUSE_PATH_FORGOTTEN) | CAUSE(GD_CAUSE_SHARED_ONCE) |
               CAUSE(GD_CAUSE_REGULARISER_MISSING);
    case OTHER_VALUE: /* a derivative at the wrong point is one at another tensor's value */
        return all | CAUSE(GD_CAUSE_WRONG_VALUE) | CAUSE(GD_CAUSE_WRONG_POINT);
    case ROLL: /* entries in another order, all of them by one */ return all | CAUSE(GD_CAUSE_PERMUTED);
    case FLATTEN_WRONG:
    case NOT_PERMUTED: /* the numbers of the transpose */ return all | CAUSE(GD_CAUSE_TRANSPOSED);
    case NOT_REVERSED: /* the sums run the other way: the matrix of ones below the diagonal, transposed */
        return all | CAUSE(GD_CAUSE_TRANSPOSED) | CAUSE(GD_CAUSE_WRONG_AXIS);
    case LEAVE_OUT_FACTOR: /* the factor is what the derivative consists of */
        return all | CAUSE(GD_CAUSE_DERIVATIVE_MISSING);
    case LEAVE_OUT_DERIVATIVE: /* a derivative that is a number, or a mask, is a factor that is missing */
        return all | CAUSE(GD_CAUSE_TERM_MISSING);
    case BOTH_TERMS_MISSING: /* the statistics held constant, as if detached */ return all | CAUSE(GD_CAUSE_DETACHED);
    case SET_REPEATED: /* the last use of a row is the only one that counts */
        return all | CAUSE(GD_CAUSE_SHARED_ONCE);
    default: return all;
    }
}

/* ---- numbers that are the same ---- */

/* How many entries a mean, or a sum, of this node goes over; 1 where it is neither. */
static int counted(const net *n, const node *at, bool mean)
{
    bool loss = at->kind >= MSE;
    if (!(loss ? at->mean == mean : at->kind == (mean ? MEAN : SUM)))
        return 1;
    dims from = n->node[at->x[0]].shape;
    return at->kind == CE_LABELS || at->kind == CE_ONE_HOT ? from.size[0]
           : loss                                          ? entries(from)
                                                           : entries(from) / entries(at->shape);
}

reading scaled_reading(const net *n, double factor)
{
    reading r = { 0, { 0 } };
    double size = fabs(factor);
    if (factor < 0)
        r.cause[r.count++] = CAUSE(GD_CAUSE_SIGN);
    if (near(size, 1))
        return r;
    causes known = 0;
    for (int i = 0; i < n->count; i++) {
        known |= near(size, counted(n, &n->node[i], true)) ? CAUSE(GD_CAUSE_SUM_FOR_MEAN) : 0;
        known |= near(1 / size, counted(n, &n->node[i], false)) ? CAUSE(GD_CAUSE_MEAN_FOR_SUM) : 0;
    }
    if (!known || near(size, 2) || near(size, 0.5)) /* 2 samples, or a 2 too many */
        known |= CAUSE(GD_CAUSE_FACTOR);
    r.cause[r.count++] = known;
    return r;
}

static double largest(const gradient *a)
{
    double most = 0;
    for (int i = 0; i < entries(a->shape); i++)
        most = fmax(most, fabs(a->v[i]));
    return most;
}

double distance(const gradient *a, const gradient *b)
{
    if (a->none != b->none && largest(a->none ? b : a) == 0)
        return 0; /* none where there is nothing to hand over is no mistake */
    if (a->none != b->none || (!a->none && !same_dims(a->shape, b->shape)))
        return INFINITY;
    double most = 0, scale = fmax(fmax(largest(a), largest(b)), 1e-6); /* what cancels leaves rounding */
    for (int i = 0; !a->none && i < entries(a->shape); i++)
        most = fmax(most, fabs(a->v[i] - b->v[i]));
    return most / scale;
}

double ratio_of(const gradient *a, const gradient *b)
{
    double up = 0, down = 0;
    if (a->none || b->none || !same_dims(a->shape, b->shape))
        return 0;
    for (int i = 0; i < entries(a->shape); i++) {
        up += a->v[i] * b->v[i];
        down += b->v[i] * b->v[i];
    }
    gradient scaled = *b;
    double ratio = down > 0 ? up / down : 0;
    for (int i = 0; i < entries(a->shape); i++)
        scaled.v[i] *= ratio;
    return ratio != 0 && distance(a, &scaled) < 1e-9 ? ratio : 0;
}
