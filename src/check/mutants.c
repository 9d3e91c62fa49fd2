/* mutants.c - which mistakes are tried where: one for each way in which a person gets a step wrong. */
#include "check/mutant.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void gd__mutants_free(gd__mutants *list)
{
    gd__free(list->context, list->item, (size_t)list->capacity * sizeof *list->item);
    *list = (gd__mutants){ .context = list->context };
}

bool gd__mutants_add(gd__mutants *list, gd__mutant m)
{
    if (!gd__grow(list->context, (void **)&list->item, &list->capacity, list->count + 1, sizeof *list->item))
        return false;
    list->item[list->count++] = m;
    return true;
}

static bool add(gd__mutants *list, gd__mutant m)
{
    return gd__mutants_add(list, m);
}

/* ---- what a step is like ---- */

static bool is_float(const gd_tensor *t)
{
    return gd__is_float((gd_dtype)t->dtype);
}

static bool is_square(const gd_tensor *t)
{
    return t->ndim >= 2 && t->shape[t->ndim - 1] == t->shape[t->ndim - 2] && t->shape[t->ndim - 1] > 1;
}

static bool is_softmax(const gd__node *node)
{
    return node->kind == GD__NODE_COMPUTED && node->op == GD__OP_softmax;
}

/* Is its derivative a step that lets pass or not? */
static bool is_mask(const gd__node *node)
{
    switch (node->op) {
    case GD__OP_relu:
    case GD__OP_leaky_relu:
    case GD__OP_clamp:
    case GD__OP_abs:
    case GD__OP_maximum:
    case GD__OP_minimum:
    case GD__OP_elu: return true;
    default: return false;
    }
}

/* Does its rule make something of values, rather than hand the gradient on as it is? */
static bool has_derivative(const gd__node *node)
{
    if (node->kind != GD__NODE_COMPUTED)
        return false;
    const gd__op *op = gd__ops[node->op];
    return op->reads[0] || op->reads[1] || node->op == GD__OP_mul_scalar || node->op == GD__OP_div_scalar;
}

/* Is its derivative 0 wherever it has one? */
static bool is_flat(const gd__node *node)
{
    return node->kind == GD__NODE_COMPUTED && (node->op == GD__OP_round || node->op == GD__OP_floor ||
                                               node->op == GD__OP_ceil || node->op == GD__OP_sign);
}

static bool is_activation(const gd__node *node)
{
    return node->kind == GD__NODE_COMPUTED && node->count == 1 && gd__ops[node->op]->elementwise &&
           gd__ops[node->op]->reads[0];
}

/* The nodes that somebody may take for another of this shape: values of the forward, nearest first. */
enum { POOL = 16 };
static bool is_transpose_of(const gd_tensor *a, const gd_tensor *b)
{
    return a->ndim == 2 && b->ndim == 2 && a->shape[0] == b->shape[1] && a->shape[1] == b->shape[0];
}

static int pool_by(const gd__program *p, const gd_tensor *like, int near,
                   bool fits(const gd_tensor *, const gd_tensor *), int *pool)
{
    int count = 0;
    for (int far = 0; far < p->forward && count < POOL; far++) {
        for (int side = 0; side < (far ? 2 : 1) && count < POOL; side++) {
            int id = side ? near + far : near - far;
            if (id < 0 || id >= p->forward || p->node[id].detached)
                continue;
            const gd_tensor *t = p->node[id].value;
            if (is_float(t) && fits(t, like) && t->ndim > 0)
                pool[count++] = id;
        }
    }
    return count;
}

static int pool_of(const gd__program *p, const gd_tensor *like, int near, int *pool)
{
    return pool_by(p, like, near, gd__same_shape, pool);
}

/* ---- edges ---- */

typedef struct lister {
    gd__mutants *list;
    const gd__program *p;
    bool earlier;
    int edge;
    const gd__edge *e;
    const gd__node *from; /* whose rule it is */
    const gd_tensor *dx, *dy;
} lister;

static bool put(const lister *l, gd__mutation kind, int a, int b, gd_cause cause, double cost)
{
    return add(l->list, (gd__mutant){ l->e->at, kind, l->edge, a, b, 1, cause, cost, NULL });
}

static bool is_sum(const gd__node *node)
{
    return node->kind == GD__NODE_COMPUTED && (node->op == GD__OP_add || node->op == GD__OP_sub ||
                                               node->op == GD__OP_add_scalar || node->op == GD__OP_rsub_scalar);
}

/* An operand that the rule reads is a sum or difference, and is remembered wrong: target + prediction. */
static bool list_operand_terms(const lister *l, int j)
{
    const gd__node *x = &l->p->node[l->from->in[j]];
    double dropped = is_activation(l->from) && l->from->op != GD__OP_square && l->from->op != GD__OP_abs ? 3.0 : 1.7;
    for (int which = 0; is_sum(x) && which < 4; which++) {
        const gd_tensor *left = which >= 2 && x->count > 1 ? l->p->node[x->in[3 - which]].value : x->value;
        if (gd__same_shape(left, x->value) &&
            !put(l, GD__MUT_OPERAND_TERM, which, j, which < 2 ? GD_CAUSE_TERM_SIGN : GD_CAUSE_TERM_MISSING,
                 which < 2 ? 1.5 : dropped))
            return false;
    }
    return true;
}

static bool list_points(const lister *l)
{
    int pool[POOL], self = l->e->from, own = l->from->in[0];
    unsigned reads = gd__ops[l->from->op]->reads[0];
    bool reads_output = reads & GD__READS_OUTPUT;
    if (!reads_output && !list_operand_terms(l, 0))
        return false;
    gd_cause far = is_mask(l->from) ? GD_CAUSE_MASK_WRONG : GD_CAUSE_WRONG_POINT;
    int count = pool_of(l->p, l->dx, self, pool);
    for (int i = 0; i < count; i++) {
        bool near = pool[i] == self || pool[i] == own;
        gd_cause cause = near ? GD_CAUSE_WRONG_POINT : far;
        if (pool[i] != own && !put(l, GD__MUT_POINT, pool[i], 0, cause, near ? 1.4 : 2.8))
            return false;
        if (reads_output && pool[i] != self && !put(l, GD__MUT_RESULT, pool[i], 0, cause, near ? 1.5 : 3.0))
            return false;
    }
    return true;
}

/* Does the value let pass (1) or not (0)? */
static bool lets_pass(const gd__program *p, int id)
{
    const gd__node *node = &p->node[id];
    bool made_of_bools =
        node->kind == GD__NODE_COMPUTED && node->op == GD__OP_cast && p->node[node->in[0]].value->dtype == GD_BOOL;
    return node->value->dtype == GD_BOOL || made_of_bools;
}

/* Another value in the place of an operand that the rule reads. */
static bool list_operands(const lister *l)
{
    int pool[POOL], k = l->e->operand;
    unsigned reads = gd__ops[l->from->op]->reads[gd__role(gd__ops[l->from->op], k)];
    for (int j = 0; j < l->from->count && j < GD__MAX_INPUTS; j++) {
        const gd_tensor *x = l->p->node[l->from->in[j]].value;
        if (j != k && lets_pass(l->p, l->from->in[j]) &&
            !put(l, GD__MUT_OPERAND_NOT, 0, j, GD_CAUSE_MASK_INVERTED, 1.3))
            return false;
        if (!(reads >> j & 1) || !is_float(x))
            continue;
        if (!list_operand_terms(l, j))
            return false;
        bool mixed = l->from->count == 2 && 1 - j == k && gd__ops[l->from->op]->elementwise;
        if (mixed && !gd__same_shape(x, l->p->node[l->from->in[k]].value) &&
            !put(l, GD__MUT_OPERAND, l->from->in[k], j, GD_CAUSE_OPERANDS_SWAPPED, 1.5))
            return false;
        int count = pool_of(l->p, x, l->from->in[j], pool);
        for (int i = 0; i < count; i++) {
            bool swapped = l->from->count == 2 && pool[i] == l->from->in[1 - j] && 1 - j == k;
            if (pool[i] != l->from->in[j] &&
                !put(l, GD__MUT_OPERAND, pool[i], j, swapped ? GD_CAUSE_OPERANDS_SWAPPED : GD_CAUSE_WRONG_VALUE,
                     swapped ? 1.5 : 2.9))
                return false;
        }
        count = l->from->op == GD__OP_matmul ? pool_by(l->p, x, l->from->in[j], is_transpose_of, pool) : 0;
        for (int i = 0; i < count; i++) {
            gd_cause cause =
                is_square(x) && pool[i] == l->from->in[1 - j] ? GD_CAUSE_OPERANDS_SWAPPED : GD_CAUSE_WRONG_VALUE;
            if (pool[i] != l->from->in[j] &&
                !add(l->list, (gd__mutant){ l->e->at, GD__MUT_OPERAND, l->edge, pool[i], j, 2, cause,
                                            cause == GD_CAUSE_WRONG_VALUE ? 3.1 : 1.8, NULL }))
                return false;
        }
        if (is_square(x) && l->from->op == GD__OP_matmul &&
            !put(l, GD__MUT_OPERAND_TURNED, 0, j, GD_CAUSE_TRANSPOSED, 1.5))
            return false;
        for (int by = -1; l->from->op == GD__OP_matmul && x->ndim == 2 && x->shape[0] > 1 && by <= 1; by += 2)
            if (!put(l, GD__MUT_OPERAND_ROWS, by, j, GD_CAUSE_OFF_BY_ONE, 2.0))
                return false;
        if (l->earlier && !put(l, GD__MUT_EARLIER, 0, j, GD_CAUSE_STALE, 2.0))
            return false;
    }
    return true;
}

static bool is_one_hot(const gd_tensor *t)
{
    if (t->ndim != 2 || t->dtype != GD_FLOAT64 || !t->contiguous || t->shape[1] < 2)
        return false;
    const double *x = (const double *)(const void *)t->data;
    for (int64_t i = 0; i < t->numel; i++)
        if (x[i] != 0 && x[i] != 1)
            return false;
    return true;
}

static bool list_indices(const lister *l)
{
    bool indexed = l->from->op == GD__OP_gather || l->from->op == GD__OP_scatter_add;
    if (l->from->op == GD__OP_gather && (!put(l, GD__MUT_LAST_USE, -1, 0, GD_CAUSE_ASSIGNED, 1.5) ||
                                         !put(l, GD__MUT_LAST_USE, 0, 0, GD_CAUSE_ASSIGNED, 1.7)))
        return false;
    for (int by = -1; by <= 1; by += 2) {
        if (indexed && !put(l, GD__MUT_INDEX, by, 1, GD_CAUSE_OFF_BY_ONE, 1.6))
            return false;
        for (int j = 0; j < l->from->count && j < GD__MAX_INPUTS; j++)
            if (j != l->e->operand && l->p->node[l->from->in[j]].kind == GD__NODE_CONSTANT &&
                is_one_hot(l->p->node[l->from->in[j]].value) &&
                !put(l, GD__MUT_OPERAND_ROLLED, by, j, GD_CAUSE_OFF_BY_ONE, 1.8))
                return false;
        for (int axis = 0; axis < l->dx->ndim; axis++)
            if (l->dx->shape[axis] > 1 && !put(l, GD__MUT_ROLLED, axis, by, GD_CAUSE_OFF_BY_ONE, 2.2))
                return false;
    }
    return true;
}

static bool list_product(const lister *l)
{
    bool plain = l->from->op == GD__OP_matmul && l->dy->ndim == 2 && l->dx->ndim == 2;
    if (!plain || l->e->operand != 1 || l->dy->shape[0] < 2)
        return true;
    for (int a = -1; a <= 0; a++)
        if (!put(l, GD__MUT_SAMPLE, a, 0, GD_CAUSE_ASSIGNED, 2.0) ||
            !put(l, GD__MUT_SAMPLES_BUT, a, 0, GD_CAUSE_OFF_BY_ONE, 1.9))
            return false;
    return true;
}

static bool list_shapes(const lister *l)
{
    bool over_axis = l->from->op == GD__OP_sum || l->from->op == GD__OP_mean || l->from->op == GD__OP_max ||
                     l->from->op == GD__OP_logsumexp || l->from->op == GD__OP_expand;
    gd_cause cause = over_axis ? GD_CAUSE_WRONG_AXIS : GD_CAUSE_TRANSPOSED;
    if (is_square(l->dx) && !put(l, GD__MUT_TURNED, 0, 0, cause, 1.7))
        return false;
    bool along = l->from->op == GD__OP_softmax || l->from->op == GD__OP_cumsum;
    for (int axis = 0; along && axis < l->dx->ndim; axis++)
        for (int stays = 0; stays < 2; stays++)
            if (axis != (int)((l->from->attrs.integer[0] + l->dx->ndim) % l->dx->ndim) &&
                !put(l, GD__MUT_AXIS, axis, stays, GD_CAUSE_WRONG_AXIS, 1.6))
                return false;
    return true;
}

static bool list_whole_rule(const lister *l)
{
    bool same = gd__same_shape(l->dx, l->dy), acts = is_activation(l->from) || is_softmax(l->from);
    if (same && is_flat(l->from))
        return put(l, GD__MUT_SKIP, 0, 0, GD_CAUSE_NOT_DETACHED, 1.0);
    if (!same && (l->from->op == GD__OP_max || l->from->op == GD__OP_min || l->from->op == GD__OP_logsumexp))
        return put(l, GD__MUT_SKIP, 0, 0, GD_CAUSE_DERIVATIVE_MISSING, 1.3);
    if (!same || !has_derivative(l->from))
        return true;
    gd_cause twice = is_softmax(l->from) ? GD_CAUSE_SOFTMAX_TWICE : GD_CAUSE_DERIVATIVE_TWICE;
    bool other = l->from->count == 2 && gd__same_shape(l->p->node[l->from->in[1 - l->e->operand]].value, l->dx);
    return put(l, GD__MUT_SKIP, 0, 0, acts ? GD_CAUSE_DERIVATIVE_MISSING : GD_CAUSE_TERM_MISSING, acts ? 1.2 : 2.0) &&
           put(l, GD__MUT_TWICE, 0, 0, twice, acts ? 1.4 : 2.4) &&
           (!is_softmax(l->from) || put(l, GD__MUT_DIAGONAL, 0, 0, GD_CAUSE_SOFTMAX_DIAGONAL, 1.2)) &&
           (!other || put(l, GD__MUT_OTHER_GRADIENT, 0, 0, GD_CAUSE_OPERANDS_SWAPPED, 1.7));
}

/* Steps that let pass or not. */
static bool list_masks(const lister *l)
{
    bool chooses = l->from->op == GD__OP_max || l->from->op == GD__OP_min;
    if (!chooses && !is_mask(l->from))
        return true;
    if ((chooses || gd__same_shape(l->dx, l->dy)) && !put(l, GD__MUT_COMPLEMENT, 0, 0, GD_CAUSE_MASK_INVERTED, 1.3))
        return false;
    return l->from->count != 1 || chooses || put(l, GD__MUT_POINT, l->e->dy, 0, GD_CAUSE_MASK_WRONG, 1.8);
}

static bool list_edge(const lister *l)
{
    if (l->from->kind == GD__NODE_PASS)
        return true;
    if (l->from->kind == GD__NODE_OPAQUE)
        return list_shapes(l);
    if (is_activation(l->from) && !list_points(l))
        return false;
    if (!is_activation(l->from) && l->from->count <= GD__MAX_INPUTS && !list_operands(l))
        return false;
    if (l->earlier && has_derivative(l->from) && !put(l, GD__MUT_ALL_EARLIER, 0, 0, GD_CAUSE_STALE, 1.9))
        return false;
    if (l->from->count > GD__MAX_INPUTS)
        return true;
    return list_whole_rule(l) && list_masks(l) && list_indices(l) && list_product(l) && list_shapes(l);
}

/* ---- where gradients come together ---- */

static int edges_into(const gd__program *p, int to)
{
    int count = 0;
    for (int i = 0; i < p->edges; i++)
        count += p->edge[i].to == to;
    return count;
}

/* Is it used in the same way each time, as shared weights are? */
static bool all_by_one_op(const gd__program *p, int to)
{
    const gd__node *first = NULL;
    for (int i = 0; i < p->edges; i++) {
        const gd__node *from = &p->node[p->edge[i].from];
        if (p->edge[i].to != to)
            continue;
        if (from->kind != GD__NODE_COMPUTED || (first && first->op != from->op) ||
            (gd__ops[from->op]->elementwise && from->op != GD__OP_add))
            return false;
        first = from;
    }
    return first != NULL;
}

static bool list_gatherings(gd__mutants *list, const gd__program *p)
{
    for (int i = 0; i < p->edges; i++) {
        if (edges_into(p, p->edge[i].to) < 3)
            continue;
        int last = -1; /* the node that has them all */
        for (int id = p->forward; id < p->count; id++)
            if (p->node[id].of < 0 && p->node[id].kind == GD__NODE_COMPUTED && p->node[id].op == GD__OP_add)
                for (int k = i; k < p->edges; k++)
                    if (p->edge[k].to == p->edge[i].to && p->node[id].in[1] == p->edge[k].at)
                        last = id;
        bool alike = all_by_one_op(p, p->edge[i].to), shared = alike && p->node[p->edge[i].to].kind == GD__NODE_INPUT;
        gd_cause other = shared ? GD_CAUSE_SHARED_ONCE : GD_CAUSE_PATH_FORGOTTEN;
        if (last >= 0 &&
            (!add(list, (gd__mutant){ last, GD__MUT_ONLY, i, p->edge[i].at, 0, 1, GD_CAUSE_ASSIGNED, 1.8, NULL }) ||
             ((shared || !alike) &&
              !add(list, (gd__mutant){ last, GD__MUT_ONLY, i, p->edge[i].at, 0, 1, other, 1.5, NULL }))))
            return false;
    }
    return true;
}

int gd__whole_of(const gd__program *p, int id)
{
    for (int k = 0; k < p->edges; k++)
        if (p->edge[k].from == id)
            return p->edge[k].dy;
    for (int i = 0; i < p->inputs; i++)
        if (p->input[i] == id)
            return p->gradient[i];
    return -1;
}

/* Is the gradient (f(value) - target) s with one s for all entries? Then a person computes it so. */
static bool is_of_logits(const gd__program *p, int whole, int value, int target, bool soft)
{
    GD_SCOPE(p->context);
    gd_tensor *z = p->node[value].value, *f = soft ? gd_softmax(z, -1) : gd_sigmoid(z);
    gd_tensor *s = gd_contiguous(gd_div(p->node[whole].value, gd_sub(f, p->node[target].value)));
    if (!gd__alive(s) || s->dtype != GD_FLOAT64 || s->numel < 2)
        return false;
    const double *at = (const double *)(const void *)s->data;
    for (int64_t i = 1; i < s->numel; i++)
        if (!(fabs(at[i] - at[0]) <= 1e-6 * fabs(at[0])))
            return false;
    return true;
}

enum { LOGIT_MISTAKES = 7 };
static const gd_cause logit_cause[LOGIT_MISTAKES] = { GD_CAUSE_TERM_SIGN,    GD_CAUSE_TERM_MISSING,
                                                      GD_CAUSE_TERM_MISSING, GD_CAUSE_WRONG_AXIS,
                                                      GD_CAUSE_WRONG_POINT,  GD_CAUSE_OFF_BY_ONE,
                                                      GD_CAUSE_OFF_BY_ONE };

static bool put_logits(gd__mutants *list, const gd_tensor *z, int value, int whole, int target, bool soft)
{
    for (int which = 0; which < LOGIT_MISTAKES; which++) {
        if ((which == 3 && !(soft && z->ndim == 2)) || (which > 4 && z->shape[z->ndim - 1] < 2))
            continue;
        if (!add(list, (gd__mutant){ whole, GD__MUT_LOGITS, soft ? -2 : -1, target, value, which, logit_cause[which],
                                     which ? 1.6 : 1.4, NULL }))
            return false;
    }
    return true;
}

/* Labels, and no target, stand in the computation. */
static bool is_of_labels(const gd__program *p, int whole, int value)
{
    GD_SCOPE(p->context);
    gd_tensor *z = p->node[value].value;
    return z->ndim == 2 && gd__target_of_labels(p->node[whole].value, gd_softmax(z, -1));
}

static bool list_logits(gd__mutants *list, const gd__program *p, int value, int whole)
{
    const gd_tensor *z = p->node[value].value;
    for (int target = 0; target < p->count; target++) {
        const gd__node *t = &p->node[target];
        bool fits = (t->kind == GD__NODE_CONSTANT || t->kind == GD__NODE_INPUT) && target != value &&
                    is_float(t->value) && gd__same_shape(t->value, z);
        for (int soft = 0; fits && soft < 2; soft++) {
            if ((soft && z->ndim < 1) || !is_of_logits(p, whole, value, target, soft))
                continue;
            return put_logits(list, z, value, whole, target, soft);
        }
    }
    return !is_of_labels(p, whole, value) || put_logits(list, z, value, whole, -1, true);
}

/* What is done to the gradient of logits, which have the derivative of their activation in them already. */
static bool list_extras(gd__mutants *list, const gd__program *p)
{
    for (int id = 0; id < p->forward; id++) {
        int whole = p->node[id].inputs && is_float(p->node[id].value) ? gd__whole_of(p, id) : -1;
        if (whole < p->forward || p->node[whole].count < 1)
            continue;
        bool of_loss = false;
        for (int k = 0; k < p->edges && !of_loss; k++)
            of_loss =
                p->edge[k].to == id && p->node[p->edge[k].from].kind == GD__NODE_COMPUTED &&
                (p->node[p->edge[k].from].op == GD__OP_softplus || p->node[p->edge[k].from].op == GD__OP_softmax ||
                 p->node[p->edge[k].from].op == GD__OP_sub || p->node[p->edge[k].from].op == GD__OP_neg ||
                 p->node[p->edge[k].from].op == GD__OP_sigmoid || p->node[p->edge[k].from].op == GD__OP_logsumexp);
        for (int which = 0; of_loss && which < (p->node[id].value->ndim > 0 ? 5 : 3); which++)
            if (!add(list, (gd__mutant){ whole, GD__MUT_EXTRA, -1, which, id, 1,
                                         which == 4   ? GD_CAUSE_SOFTMAX_TWICE
                                         : which == 3 ? GD_CAUSE_SOFTMAX_DIAGONAL
                                                      : GD_CAUSE_DERIVATIVE_TWICE,
                                         2.0, NULL }))
                return false;
        if (of_loss && !list_logits(list, p, id, whole))
            return false;
    }
    return true;
}

/* ---- nodes within rules ---- */

static bool put_at(gd__mutants *list, int at, gd__mutation kind, int a, int b, double c, gd_cause cause, double cost)
{
    return add(list, (gd__mutant){ at, kind, -1, a, b, c, cause, cost, NULL });
}

static bool list_terms(gd__mutants *list, const gd__program *p, int at)
{
    const gd__node *node = &p->node[at];
    for (int a = 0; a < 2; a++) {
        bool fits = gd__same_shape(p->node[node->in[1 - a]].value, node->value);
        if (!put_at(list, at, GD__MUT_TERM_SIGN, a, 0, 1, GD_CAUSE_TERM_SIGN, 1.8) ||
            (fits && !put_at(list, at, GD__MUT_TERM_DROPPED, a, 0, 1, GD_CAUSE_TERM_MISSING, 2.0)))
            return false;
    }
    return true;
}

static bool list_factors(gd__mutants *list, const gd__program *p, int at)
{
    const gd__node *node = &p->node[at];
    bool acts = is_activation(&p->node[node->of]);
    for (int a = 0; a < 2; a++) {
        bool fits = gd__same_shape(p->node[node->in[1 - a]].value, node->value);
        if ((fits && !put_at(list, at, GD__MUT_TERM_DROPPED, a, 0, 1,
                             acts ? GD_CAUSE_DERIVATIVE_MISSING : GD_CAUSE_TERM_MISSING, 2.1)) ||
            !put_at(list, at, GD__MUT_FACTOR_TWICE, a, 0, 1, GD_CAUSE_DERIVATIVE_TWICE, 2.5))
            return false;
    }
    return true;
}

static bool list_numbers(gd__mutants *list, const gd__program *p, int at)
{
    const gd__node *node = &p->node[at];
    double c = node->attrs.scalar[0];
    switch (node->op) {
    case GD__OP_rsub_scalar:
        return put_at(list, at, GD__MUT_NUMBER, 0, 1, c, GD_CAUSE_TERM_SIGN, 1.8) &&
               put_at(list, at, GD__MUT_NUMBER, 0, 0, 0, GD_CAUSE_TERM_MISSING, 2.1);
    case GD__OP_add_scalar:
        return put_at(list, at, GD__MUT_NUMBER, 0, 0, -c, GD_CAUSE_TERM_SIGN, 1.9) &&
               put_at(list, at, GD__MUT_NUMBER, 0, 0, 0, GD_CAUSE_TERM_MISSING, 2.1);
    case GD__OP_mul_scalar:
        if (p->node[node->of].detached)
            return put_at(list, at, GD__MUT_NUMBER, 0, 0, 1, GD_CAUSE_NOT_DETACHED, 0.6);
        return put_at(list, at, GD__MUT_NUMBER, 0, 0, 1, GD_CAUSE_FACTOR, 1.8) &&
               put_at(list, at, GD__MUT_NUMBER, 0, 0, -c, GD_CAUSE_TERM_SIGN, 2.0);
    default: return true;
    }
}

static bool list_sum(gd__mutants *list, const gd__program *p, int at)
{
    const gd__node *node = &p->node[at];
    const gd_tensor *x = p->node[node->in[0]].value;
    bool over_samples = (node->attrs.integer[0] & 1) && x->ndim > 0 && x->shape[0] > 1;
    int64_t other = 1;
    for (int i = 0; i < x->ndim; i++)
        other *= node->attrs.integer[0] >> i & 1 ? x->shape[i] : 1;
    if (!put_at(list, at, GD__MUT_AVERAGED, 0, 0, 1, GD_CAUSE_MEAN_FOR_SUM, 1.3))
        return false;
    if (other == node->value->numel && other > 1 &&
        !put_at(list, at, GD__MUT_SUM_AXIS, 0, 0, 1, GD_CAUSE_WRONG_AXIS, 1.4))
        return false;
    for (int a = -1; over_samples && a <= 0; a++)
        if (!put_at(list, at, GD__MUT_SUM_SAMPLE, a, 0, 1, GD_CAUSE_ASSIGNED, 1.9) ||
            !put_at(list, at, GD__MUT_SUM_BUT, a, 0, 1, GD_CAUSE_OFF_BY_ONE, 1.9))
            return false;
    return true;
}

static bool list_mask(gd__mutants *list, const gd__program *p, int at)
{
    const gd__node *node = &p->node[at];
    int pool[POOL];
    if (!put_at(list, at, GD__MUT_NOT, 0, 0, 1, GD_CAUSE_MASK_INVERTED, 1.3))
        return false;
    if (!is_float(p->node[node->in[0]].value))
        return true;
    int count = pool_of(p, p->node[node->in[0]].value, node->of, pool);
    for (int i = 0; i < count; i++)
        if (pool[i] != node->in[0] && !put_at(list, at, GD__MUT_COMPARED, pool[i], 0, 1, GD_CAUSE_MASK_WRONG, 2.0))
            return false;
    /* The gradient that comes in, in place of the value. */
    for (int i = 0; i < p->edges; i++)
        if (p->edge[i].from == node->of && p->edge[i].operand == node->operand)
            return put_at(list, at, GD__MUT_COMPARED, p->edge[i].dy, 0, 1, GD_CAUSE_MASK_WRONG, 1.9);
    return true;
}

static bool list_node(gd__mutants *list, const gd__program *p, int at)
{
    const gd__node *node = &p->node[at];
    if (node->value->dtype == GD_BOOL)
        return list_mask(list, p, at);
    switch (node->op) {
    case GD__OP_add:
    case GD__OP_sub: return list_terms(list, p, at);
    case GD__OP_mul: return list_factors(list, p, at);
    case GD__OP_rsub_scalar:
    case GD__OP_add_scalar:
    case GD__OP_mul_scalar: return list_numbers(list, p, at);
    case GD__OP_sum: return list_sum(list, p, at);
    case GD__OP_matmul: return put_at(list, at, GD__MUT_SWAPPED, 0, 0, 1, GD_CAUSE_OPERANDS_SWAPPED, 1.7);
    case GD__OP_transpose:
    case GD__OP_permute: return put_at(list, at, GD__MUT_RESHAPED, 0, 0, 1, GD_CAUSE_TRANSPOSED, 1.9);
    default: return true;
    }
}

/* Of what comes together, one is lost or has the other sign: also beside another mistake, where it can't be fitted. */
static bool list_branches(gd__mutants *list, const gd__program *p)
{
    for (int i = 0; i < p->edges; i++)
        if (edges_into(p, p->edge[i].to) > 1)
            for (int c = -1; c <= 0; c++)
                if (!add(list, (gd__mutant){ p->edge[i].at, GD__MUT_SCALE, i, 0, 0, c, GD_CAUSE_UNKNOWN, 0, NULL }))
                    return false;
    return true;
}

/* The backward starts from a value of the forward before. */
static bool list_stale(gd__mutants *list, const gd__program *p)
{
    for (int id = 0; id < p->forward; id++)
        if (p->node[id].inputs && is_float(p->node[id].value) && id != p->result &&
            !put_at(list, id, GD__MUT_FROM_EARLIER, 0, 0, 1, GD_CAUSE_STALE, 2.0))
            return false;
    return true;
}

bool gd__mutants_list(gd__mutants *list, const gd__program *p, bool earlier)
{
    for (int i = 0; i < p->edges; i++) {
        const gd__edge *e = &p->edge[i];
        lister l = { list, p, earlier, i, e, &p->node[e->from], p->node[e->at].value, p->node[e->dy].value };
        if (!list_edge(&l))
            return false;
    }
    for (int at = p->seed + 1; at < p->count; at++)
        if (p->node[at].kind == GD__NODE_COMPUTED && p->node[at].of >= 0 && !list_node(list, p, at))
            return false;
    if (p->node[p->seed].value->numel > 1 &&
        !put_at(list, p->seed, GD__MUT_NO_SEED, 0, 0, 1, GD_CAUSE_TERM_MISSING, 1.3))
        return false;
    return list_gatherings(list, p) && list_extras(list, p) && gd__mutants_list_norms(list, p) &&
           list_branches(list, p) && (!earlier || list_stale(list, p));
}

bool gd__mutants_list_rounded(gd__mutants *list, const gd__program *p, bool backward)
{
    for (int at = backward ? p->seed + 1 : 0; at < p->count; at++) {
        bool made = p->node[at].kind == GD__NODE_COMPUTED || p->node[at].kind == GD__NODE_PASS;
        if (made && at != p->result && is_float(p->node[at].value) &&
            !put_at(list, at, GD__MUT_ROUNDED, 0, 0, 1, GD_CAUSE_FLOAT32, 1.5))
            return false;
    }
    return true;
}
