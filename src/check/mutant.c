/* mutant.c - running a program with mistakes in it. */
#include "check/mutant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- pieces ---- */

/* x without its first `from` parts along axis 0, and up to `to`. */
static gd_tensor *rows(gd_tensor *x, int64_t from, int64_t to)
{
    return gd_slice(x, 0, from, to, 1);
}

/* The one sample that is meant, or all but it: a = 0 the first, -1 the last. */
static gd_tensor *sample(gd_tensor *x, int a, bool but)
{
    int64_t n = x->shape[0];
    if (but)
        return a == 0 ? rows(x, 1, n) : rows(x, 0, n - 1);
    return a == 0 ? rows(x, 0, 1) : rows(x, n - 1, n);
}

static gd_tensor *rolled(gd_tensor *x, int axis, int by)
{
    int64_t n = x->shape[axis], cut = by > 0 ? n - 1 : 1;
    return gd_cat(gd_list(gd_slice(x, axis, cut, n, 1), gd_slice(x, axis, 0, cut, 1)), axis);
}

static gd_tensor *turned(gd_tensor *x)
{
    return gd_transpose(x, -2, -1);
}

static gd_tensor *moved_index(gd_tensor *index, int by, int64_t size)
{
    gd_tensor *next = gd_add_scalar(index, by);
    gd_tensor *below = gd_lt_scalar(next, 0), *above = gd_ge_scalar(next, (double)size);
    next = gd_where(below, gd_full_like(next, (double)size - 1), next);
    return gd_where(above, gd_zeros_like(next), next);
}

/* ---- sums and differences with a mistake in their terms ---- */

static gd_tensor *term_sign(const gd__node *node, int a, gd_tensor *x, gd_tensor *y)
{
    bool minus = node->op == GD__OP_sub;
    if (a == 1)
        return minus ? gd_add(x, y) : gd_sub(x, y);
    return minus ? gd_neg(gd_add(x, y)) : gd_sub(y, x);
}

static gd_tensor *term_dropped(const gd__node *node, int a, gd_tensor *x, gd_tensor *y)
{
    if (node->op == GD__OP_sub && a == 0)
        return gd_neg(y);
    return a == 0 ? y : x;
}

/* ---- rules of edges ---- */

/* A rule about to be asked: what it is asked, in places that may be changed. */
typedef struct asked {
    const gd__node *node;
    gd__node told; /* its node, where attributes are changed */
    gd_tensor *x[GD__MAX_INPUTS];
    gd__vjp v;
} asked;

static void prepare(const gd__program *p, const gd__edge *e, gd_tensor *const *env, asked *q)
{
    q->node = &p->node[e->from];
    q->told = *q->node;
    for (int i = 0; i < q->node->count; i++)
        q->x[i] = env[q->node->in[i]];
    q->v = (gd__vjp){ env[e->dy], q->x, q->node->count, env[e->from], &q->told.attrs, e->operand };
}

static gd_tensor *answer(const asked *q, gd_dims shape)
{
    gd_tensor *dx = gd__told_rule(&q->told, &q->v);
    return gd__alive(dx) ? gd__sum_to(dx, &shape) : dx;
}

static void at_point(const gd__mutant *m, gd_tensor *const *env, asked *q)
{
    q->x[0] = env[m->a];
    q->v.y = gd__apply(q->node->op, 1, q->x, &q->node->attrs);
}

static void all_earlier(const gd__edge *e, gd_tensor *const *earlier, asked *q)
{
    for (int i = 0; i < q->node->count; i++)
        q->x[i] = earlier[q->node->in[i]];
    q->v.y = earlier[e->from];
}

static void of_samples(asked *q, int a, bool but)
{
    int other = 1 - q->v.i;
    q->x[other] = sample(q->x[other], a, but);
    q->v.dy = sample(q->v.dy, a, but);
}

/* A value that is a sum or a difference, with a mistake in its terms. */
static gd_tensor *with_term(const gd__program *p, int id, gd_tensor *const *env, int which)
{
    const gd__node *node = &p->node[id];
    gd_tensor *x = env[node->in[0]], *y = node->count > 1 ? env[node->in[1]] : NULL;
    if (node->op == GD__OP_add_scalar || node->op == GD__OP_rsub_scalar) {
        double c = node->attrs.scalar[0], sign = node->op == GD__OP_rsub_scalar ? -1 : 1;
        gd_tensor *term = sign < 0 ? gd_neg(x) : x;
        return which == 0   ? gd_rsub_scalar(term, c)
               : which == 1 ? gd_add_scalar(term, -c)
               : which == 2 ? gd_full_like(x, c)
                            : term;
    }
    return which < 2 ? term_sign(node, which, x, y) : term_dropped(node, which - 2, x, y);
}

/* The gradient as if the rule let everything pass, in the operand's shape. */
static gd_tensor *passed_whole(const asked *q, gd_tensor *like)
{
    if (q->node->op == GD__OP_max || q->node->op == GD__OP_min || q->node->op == GD__OP_logsumexp)
        return gd__ops[GD__OP_sum]->vjp(&q->v);
    return gd_add(q->v.dy, gd_zeros_like(like));
}

/* dy with zeros where the same element is named again later (or was before). */
static gd_tensor *of_last_use(gd_tensor *index, gd_tensor *dy, int dim, int which)
{
    gd_tensor *kept = gd_clone(dy), *where = gd_contiguous(index);
    if (!gd__alive(kept) || !gd__alive(where) || dim != 0 || dy->ndim < 1 || where->numel != dy->numel)
        return NULL;
    int64_t n = where->shape[0], width = where->numel / (n > 0 ? n : 1);
    const int64_t *at = (const int64_t *)(const void *)where->data;
    double *to = (double *)(void *)kept->data;
    for (int64_t i = 0; i < where->numel; i++)
        for (int64_t k = which < 0 ? i + width : i - width; k >= 0 && k < where->numel;
             k += which < 0 ? width : -width)
            if (at[k] == at[i])
                to[i] = 0;
    return kept;
}

static gd_tensor *inverted(gd_tensor *mask)
{
    return mask->dtype == GD_BOOL ? gd_logical_not(mask) : gd_rsub_scalar(mask, 1);
}

/* What the rule is asked, with the mistake in it. False where it can't be made. */
static bool ask_wrongly(const gd__program *p, const gd__mutant *m, gd_tensor *const *env, gd_tensor *const *earlier,
                        asked *q)
{
    const gd__edge *e = &p->edge[m->edge];
    switch (m->kind) {
    case GD__MUT_POINT: at_point(m, env, q); break;
    case GD__MUT_RESULT: q->v.y = env[m->a]; break;
    case GD__MUT_OPERAND: q->x[m->b] = m->c == 2 ? turned(env[m->a]) : env[m->a]; break;
    case GD__MUT_OPERAND_TURNED: q->x[m->b] = turned(q->x[m->b]); break;
    case GD__MUT_OPERAND_NOT: q->x[m->b] = inverted(q->x[m->b]); break;
    case GD__MUT_OPERAND_ROLLED: q->x[m->b] = rolled(q->x[m->b], q->x[m->b]->ndim - 1, m->a); break;
    case GD__MUT_OPERAND_ROWS: q->x[m->b] = rolled(q->x[m->b], 0, m->a); break;
    case GD__MUT_OPERAND_TERM: q->x[m->b] = with_term(p, q->node->in[m->b], env, m->a); break;
    case GD__MUT_INDEX: q->x[m->b] = moved_index(q->x[m->b], m->a, q->x[0]->shape[q->node->attrs.integer[0]]); break;
    case GD__MUT_EARLIER: q->x[m->b] = earlier[q->node->in[m->b]]; break;
    case GD__MUT_ALL_EARLIER: all_earlier(e, earlier, q); break;
    case GD__MUT_OTHER_GRADIENT: q->v.i = 1 - q->v.i; break;
    case GD__MUT_LAST_USE: q->v.dy = of_last_use(q->x[1], q->v.dy, (int)q->node->attrs.integer[0], m->a); break;
    case GD__MUT_SAMPLE: of_samples(q, m->a, false); break;
    case GD__MUT_SAMPLES_BUT: of_samples(q, m->a, true); break;
    case GD__MUT_AXIS:
        q->told.attrs.integer[0] = m->a;
        if (!m->b)
            q->v.y = gd__apply(q->node->op, q->node->count, q->x, &q->told.attrs);
        break;
    default: break;
    }
    for (int i = 0; i < q->node->count; i++)
        if (!gd__alive(q->x[i]))
            return false;
    return gd__alive(q->v.dy) && gd__alive(q->v.y);
}

/* What is made of the edge's gradient afterwards. */
static gd_tensor *made_wrong(const gd__mutant *m, asked *q, gd_tensor *dx)
{
    switch (m->kind) {
    case GD__MUT_SKIP: return gd__same_shape(q->v.dy, dx) ? q->v.dy : passed_whole(q, dx);
    case GD__MUT_TWICE: q->v.dy = dx; return answer(q, gd__shape(dx));
    case GD__MUT_DIAGONAL: return gd_mul(q->v.dy, gd_mul(q->v.y, gd_rsub_scalar(q->v.y, 1)));
    case GD__MUT_COMPLEMENT: return gd_sub(passed_whole(q, dx), dx);
    case GD__MUT_TURNED: return turned(dx);
    case GD__MUT_ROLLED: return rolled(dx, m->a, m->b);
    case GD__MUT_SCALE: return gd_mul_scalar(dx, m->c);
    default: return dx;
    }
}

/* The gradient of an edge with all mistakes in it that are made there, one after the other. */
static gd_tensor *of_edge(const gd__program *p, const gd__mutant *const *m, int count, int at, gd_tensor *const *env,
                          gd_tensor *const *earlier)
{
    gd_tensor *dx = env[p->node[at].in[0]];
    gd_dims shape = gd__shape(dx);
    asked q;
    bool asked_wrongly = false;
    for (int i = 0; i < count; i++) {
        if (m[i]->at != at)
            continue;
        if (!asked_wrongly)
            prepare(p, &p->edge[m[i]->edge], env, &q);
        asked_wrongly = true;
        if (!ask_wrongly(p, m[i], env, earlier, &q))
            return NULL;
    }
    dx = answer(&q, shape);
    for (int i = 0; gd__alive(dx) && i < count; i++)
        if (m[i]->at == at)
            dx = made_wrong(m[i], &q, dx);
    return dx;
}

static gd_tensor *extra(gd_tensor *dy, gd_tensor *value, int which)
{
    gd_tensor *y;
    switch (which) {
    case 0: y = gd_sigmoid(value); return gd_mul(dy, gd_mul(y, gd_rsub_scalar(y, 1)));
    case 1: return gd_mul(dy, gd_rsub_scalar(gd_square(gd_tanh(value)), 1));
    case 2: return gd_mul(dy, gd_cast(gd_gt_scalar(value, 0), GD_FLOAT64));
    case 3: y = gd_softmax(value, -1); return gd_mul(dy, gd_mul(y, gd_rsub_scalar(y, 1)));
    default: y = gd_softmax(value, -1); return gd_mul(y, gd_sub(dy, gd_sum(gd_mul(dy, y), gd_axes(-1), true)));
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Beside the labels dy / p is s, in most places. */
static double usual_ratio(gd_tensor *dy, gd_tensor *p)
{
    gd_tensor *ratio = gd_contiguous(gd_div(dy, p));
    if (!gd__alive(ratio) || ratio->dtype != GD_FLOAT64)
        return 0;
    double *at = (double *)(void *)ratio->data;
    qsort(at, (size_t)ratio->numel, sizeof *at, by_size);
    return at[ratio->numel / 2];
}

static bool is_one_in_each_row(const gd_tensor *t)
{
    const double *at = (const double *)(const void *)t->data;
    for (int64_t r = 0; r < t->shape[0]; r++) {
        int64_t ones = 0, zeros = 0;
        for (int64_t c = 0; c < t->shape[1]; c++) {
            double x = at[r * t->shape[1] + c];
            ones += fabs(x - 1) < 1e-6;
            zeros += fabs(x) < 1e-6;
        }
        if (ones != 1 || zeros != t->shape[1] - 1)
            return false;
    }
    return true;
}

gd_tensor *gd__target_of_labels(gd_tensor *dy, gd_tensor *p)
{
    if (!gd__same_shape(dy, p) || p->ndim != 2 || p->shape[1] < 3 || p->numel < 3)
        return NULL;
    double s = usual_ratio(dy, p);
    if (s == 0 || !isfinite(s))
        return NULL;
    gd_tensor *target = gd_contiguous(gd_sub(p, gd_mul_scalar(dy, 1 / s)));
    return gd__alive(target) && target->dtype == GD_FLOAT64 && is_one_in_each_row(target) ? gd_round(target) : NULL;
}

/* dy is (f(value) - target) s: with another sum in the brackets. */
static gd_tensor *of_logits(gd_tensor *dy, gd_tensor *value, gd_tensor *target, const gd__mutant *m)
{
    gd_tensor *f = m->edge == -2 ? gd_softmax(value, -1) : gd_sigmoid(value);
    gd_tensor *s = gd_div(dy, gd_sub(f, target));
    if (m->c == 3)
        return gd_mul(s, gd_sub(gd_softmax(value, 0), target));
    if (m->c == 4)
        return gd_mul(s, gd_sub(value, target));
    if (m->c > 4)
        return gd_mul(s, gd_sub(f, rolled(target, target->ndim - 1, m->c == 5 ? 1 : -1)));
    gd_tensor *sum = m->c == 0 ? gd_add(f, target) : m->c == 1 ? f : gd_neg(target);
    return gd_mul(s, sum);
}

/* ---- nodes within rules ---- */

/* Over the axes that the sum leaves, in its shape. */
static gd_tensor *other_axis(const gd__node *node, gd_tensor *x)
{
    gd_dims axes = { .count = 0 };
    for (int i = 0; i < x->ndim; i++)
        if (!(node->attrs.integer[0] >> i & 1))
            axes.size[axes.count++] = i;
    return gd_reshape(gd_sum(x, axes), gd__shape(node->value));
}

static gd_tensor *in_shape(gd_tensor *x, const gd_tensor *like)
{
    return gd__alive(x) && x->numel == like->numel ? gd_reshape(x, gd__shape(like)) : x;
}

static gd_tensor *with_number(const gd__node *node, const gd__mutant *m, gd_tensor *x)
{
    gd__attrs attrs = node->attrs;
    if (node->op == GD__OP_rsub_scalar && m->b)
        return gd_add_scalar(x, attrs.scalar[0]);
    attrs.scalar[0] = m->c;
    return gd__apply(node->op, 1, &x, &attrs);
}

static bool matrix_product_fits(const gd_tensor *a, const gd_tensor *b)
{
    return a->ndim == 2 && b->ndim == 2 && a->shape[1] == b->shape[0];
}

static gd_tensor *of_node(const gd__program *p, const gd__mutant *m, gd_tensor *const *env)
{
    const gd__node *node = &p->node[m->at];
    gd_tensor *x = node->count > 0 ? env[node->in[0]] : env[m->at], *y = node->count > 1 ? env[node->in[1]] : NULL;
    gd_tensor *made;
    switch (m->kind) {
    case GD__MUT_SCALE: return gd_mul_scalar(gd__program_step(p, m->at, env), m->c);
    case GD__MUT_ONLY: return env[m->a];
    case GD__MUT_LOGITS:
        made =
            m->a >= 0 ? env[m->a] : gd__target_of_labels(p->node[m->at].value, gd_softmax(p->node[m->b].value, -1));
        return made ? of_logits(x, env[m->b], made, m) : NULL;
    case GD__MUT_EXTRA: return extra(x, env[m->b], m->a);
    case GD__MUT_TERM_SIGN: return term_sign(node, m->a, x, y);
    case GD__MUT_TERM_DROPPED: return term_dropped(node, m->a, x, y);
    case GD__MUT_SWAPPED: return matrix_product_fits(y, x) ? gd_matmul(y, x) : NULL;
    case GD__MUT_FACTOR_TWICE: made = gd_mul(x, y); return gd_mul(made, m->a == 0 ? x : y);
    case GD__MUT_NOT: return gd_logical_not(gd__program_step(p, m->at, env));
    case GD__MUT_COMPARED:
        x = env[m->a];
        return gd__apply(node->op, node->count, (gd_tensor *[]){ x, y }, &node->attrs);
    case GD__MUT_NUMBER: return with_number(node, m, x);
    case GD__MUT_AVERAGED:
        return gd_mul_scalar(gd__program_step(p, m->at, env), (double)node->value->numel / (double)x->numel);
    case GD__MUT_SUM_SAMPLE: return in_shape(sample(x, m->a, false), node->value);
    case GD__MUT_SUM_BUT: return in_shape(gd_sum(sample(x, m->a, true), gd_axes(0)), node->value);
    case GD__MUT_SUM_AXIS: return other_axis(node, x);
    case GD__MUT_NORM: return gd__normalised_wrongly(p, m, env);
    case GD__MUT_NO_SEED: return gd_ones_like(env[m->at]);
    case GD__MUT_RESHAPED: return gd_reshape(x, gd__shape(node->value));
    case GD__MUT_ROUNDED: return gd_cast(gd_cast(gd__program_step(p, m->at, env), GD_FLOAT32), GD_FLOAT64);
    default: return env[m->at];
    }
}

static bool is_of_edge(const gd__program *p, const gd__mutant *m)
{
    bool has_rule = m->edge >= 0 && p->node[p->edge[m->edge].from].kind != GD__NODE_PASS &&
                    p->node[p->edge[m->edge].from].count <= GD__MAX_INPUTS;
    return (m->kind >= GD__MUT_SKIP && m->kind <= GD__MUT_AXIS) || (m->kind == GD__MUT_SCALE && has_rule);
}

/* The node's value with all mistakes in it that are made there; NULL where they can't be. */
static gd_tensor *mutated(const gd__program *p, const gd__mutant *const *m, int count, const gd__mutant *here,
                          gd_tensor *const *env, gd_tensor *const *earlier)
{
    gd_tensor *value;
    if (here->kind == GD__MUT_FROM_EARLIER)
        value = earlier[here->at];
    else
        value = is_of_edge(p, here) ? of_edge(p, m, count, here->at, env, earlier) : of_node(p, here, env);
    for (int i = 0; gd__alive(value) && i < count; i++)
        if (m[i] != here && m[i]->at == here->at && m[i]->kind == GD__MUT_EXTRA)
            value = extra(value, env[m[i]->b], m[i]->a);
    return gd__alive(value) && gd__same_shape(value, p->node[here->at].value) ? value : NULL;
}

/* ---- running ---- */

static bool is_touched(const gd__node *node, gd_tensor *const *env, const gd__program *p)
{
    for (int i = 0; i < node->count; i++)
        if (env[node->in[i]] != p->node[node->in[i]].value)
            return true;
    return false;
}

static const gd__mutant *mutant_at(const gd__mutant *const *m, int count, int id)
{
    const gd__mutant *found = NULL;
    for (int i = 0; i < count; i++)
        if (m[i]->at == id && (!found || found->kind == GD__MUT_EXTRA))
            found = m[i];
    return found;
}

static bool run(const gd__program *p, const gd__mutant *const *m, int count, gd_tensor *const *earlier,
                gd_tensor **env)
{
    int first = p->count;
    for (int i = 0; i < p->count; i++)
        env[i] = p->node[i].value;
    for (int i = 0; i < count; i++)
        first = m[i]->at < first ? m[i]->at : first;
    for (int id = first; id < p->count; id++) {
        const gd__mutant *here = mutant_at(m, count, id);
        if (!here && !is_touched(&p->node[id], env, p))
            continue;
        env[id] = here ? mutated(p, m, count, here, env, earlier) : gd__program_step(p, id, env);
        if (!gd__alive(env[id]))
            return false;
    }
    return true;
}

/* The mistakes with all the steps at which they are repeated; how many. */
enum { TOGETHER = 96 };
static int expand(const gd__mutant *const *m, int count, const gd__mutant **all)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        for (const gd__mutant *at = m[i]; at && n < TOGETHER; at = at->next)
            all[n++] = at;
    return n;
}

/* May two mistakes be made at one place? At an edge, and to the gradient of logits, but not the same kind twice. */
static bool go_together(const gd__program *p, const gd__mutant *a, const gd__mutant *b)
{
    if (a->at != b->at)
        return true;
    bool logits = (a->kind == GD__MUT_LOGITS && b->kind == GD__MUT_EXTRA) ||
                  (a->kind == GD__MUT_EXTRA && b->kind == GD__MUT_LOGITS);
    return logits || (is_of_edge(p, a) && is_of_edge(p, b) && a->kind != b->kind);
}

bool gd__mutants_go_together(const gd__program *p, const gd__mutant *a, const gd__mutant *b)
{
    for (const gd__mutant *x = a; x; x = x->next)
        for (const gd__mutant *y = b; y; y = y->next)
            if (!go_together(p, x, y))
                return false;
    return true;
}

/* A mistake that can't be made at these shapes is none of the check's errors. */
bool gd__mutants_run(const gd__program *p, const gd__mutant *const *m, int count, gd_tensor *const *earlier,
                     gd_tensor **env)
{
    const gd__mutant *all[TOGETHER];
    bool ran = run(p, all, expand(m, count, all), earlier, env);
    if (!ran && p->context->failed && p->context->error.status != GD_ERROR_MEMORY)
        gd_clear(p->context);
    return ran;
}
