/* norm.c - normalisations as one step. Textbooks have the derivative of h = (x - mean) / sigma in one formula,
 *     dx = (dh - mean(dh) - h mean(dh h)) / sigma,
 * and mistakes are made in that, whatever smaller steps the forward took. Without the mean(dh) nothing was subtracted from x (a root mean
 * square), and with sums for both means sigma is the length of x. */
#include "check/mutant.h"

#include <math.h>

enum { CENTRED = 1, OF_LENGTH = 2 };

typedef struct norm {
    int h, x, deviation; /* nodes: the result, what is normalised, and sigma or one over it */
    bool inverse;        /* that is one over sigma */
    int flags;
} norm;

static bool is_op(const gd__program *p, int id, gd__op_id op)
{
    return p->node[id].kind == GD__NODE_COMPUTED && p->node[id].op == op;
}

/* The product of something with one over a root, or its quotient by a root? */
static bool find_norm(const gd__program *p, int h, norm *n)
{
    const gd__node *node = &p->node[h];
    *n = (norm){ .h = h };
    if (!is_op(p, h, GD__OP_mul) && !is_op(p, h, GD__OP_div))
        return false;
    n->inverse = node->op == GD__OP_mul;
    int root = n->inverse && is_op(p, node->in[0], GD__OP_rsqrt) ? 0 : 1;
    if (!is_op(p, node->in[root], n->inverse ? GD__OP_rsqrt : GD__OP_sqrt))
        return false;
    n->deviation = node->in[root];
    n->x = node->in[1 - root];
    if (is_op(p, n->x, GD__OP_sub)) {
        n->x = p->node[n->x].in[0];
        n->flags |= CENTRED;
    }
    const gd_tensor *x = p->node[n->x].value, *sigma = p->node[n->deviation].value;
    return gd__same_shape(x, node->value) && sigma->ndim == x->ndim && sigma->numel < x->numel && p->node[h].inputs;
}

/* The axes that it goes over, or all others. */
static gd_dims axes_of(const gd_tensor *x, const gd_tensor *sigma, bool others)
{
    gd_dims axes = { .count = 0 };
    for (int i = 0; i < x->ndim; i++)
        if ((sigma->shape[i] == x->shape[i]) == others)
            axes.size[axes.count++] = i;
    return axes;
}

static gd_tensor *along(gd_tensor *x, gd_dims axes, bool sums)
{
    return sums ? gd_sum(x, axes, true) : gd_mean(x, axes, true);
}

typedef enum variant {
    AS_IT_IS,
    NO_SIGMA,
    SIGMA_TWICE,
    SUMS,
    ONE_SUM,
    CONSTANT,
    ONE_AXIS,
    BOTH_AXES,
    NO_FIRST,
    NO_SECOND,
    FIRST_SIGN,
    SECOND_SIGN,
    LEFT_OUT,
    VARIANTS
} variant;

static gd_tensor *formula(gd_tensor *dh, gd_tensor *h, gd_tensor *over_sigma, gd_tensor *sigma, int flags, variant v)
{
    gd_dims own = axes_of(h, sigma, false), other = axes_of(h, sigma, true);
    bool length = flags & OF_LENGTH, first_axis = v == ONE_AXIS || v == BOTH_AXES;
    gd_tensor *first = along(dh, first_axis ? other : own, v == SUMS || v == ONE_SUM);
    gd_tensor *second = gd_mul(h, along(gd_mul(dh, h), v == BOTH_AXES ? other : own, (v == SUMS) != length));
    gd_tensor *rest = dh;
    if (v == LEFT_OUT)
        return gd_mul(dh, gd_ones_like(h));
    if ((flags & CENTRED) && v != CONSTANT && v != NO_FIRST)
        rest = v == FIRST_SIGN ? gd_add(rest, first) : gd_sub(rest, first);
    if (v != CONSTANT && v != NO_SECOND)
        rest = v == SECOND_SIGN ? gd_add(rest, second) : gd_sub(rest, second);
    if (v == NO_SIGMA)
        return rest;
    return gd_mul(rest, v == SIGMA_TWICE ? gd_square(over_sigma) : over_sigma);
}

static gd_tensor *compute(const gd__program *p, const norm *n, gd_tensor *const *env, variant v)
{
    gd_tensor *sigma = env[n->deviation];
    int whole = gd__whole_of(p, n->h);
    return whole < 0 ? NULL
                     : formula(env[whole], env[n->h], n->inverse ? sigma : gd_reciprocal(sigma), sigma, n->flags, v);
}

gd_tensor *gd__normalised_wrongly(const gd__program *p, const gd__mutant *m, gd_tensor *const *env)
{
    norm n;
    if (!find_norm(p, m->a, &n))
        return NULL;
    n.flags = m->b;
    return compute(p, &n, env, (variant)m->c);
}

/* Does the formula make the gradient? */
static bool is_so(const gd__program *p, const norm *n, gd_tensor **env, int at)
{
    GD_SCOPE(p->context);
    gd_tensor *made = compute(p, n, env, AS_IT_IS), *is = p->node[at].value;
    return gd__alive(made) && gd__same_shape(made, is) && gd_allclose(made, is, 1e-7, 1e-12, false);
}

static bool list_variants(gd__mutants *list, const norm *n, int at)
{
    static const struct {
        gd_cause cause;
        double cost;
    } of[VARIANTS] = {
        [NO_SIGMA] = { GD_CAUSE_TERM_MISSING, 1.7 },  [SIGMA_TWICE] = { GD_CAUSE_DERIVATIVE_TWICE, 2.0 },
        [SUMS] = { GD_CAUSE_SUM_FOR_MEAN, 1.6 },      [ONE_SUM] = { GD_CAUSE_SUM_FOR_MEAN, 1.9 },
        [CONSTANT] = { GD_CAUSE_TERM_MISSING, 1.6 },  [ONE_AXIS] = { GD_CAUSE_WRONG_AXIS, 1.9 },
        [BOTH_AXES] = { GD_CAUSE_WRONG_AXIS, 1.9 },   [NO_FIRST] = { GD_CAUSE_TERM_MISSING, 1.8 },
        [NO_SECOND] = { GD_CAUSE_TERM_MISSING, 1.8 }, [FIRST_SIGN] = { GD_CAUSE_TERM_SIGN, 1.7 },
        [SECOND_SIGN] = { GD_CAUSE_TERM_SIGN, 1.7 },  [LEFT_OUT] = { GD_CAUSE_DERIVATIVE_MISSING, 1.6 }
    };
    bool centred = n->flags & CENTRED;
    for (int v = AS_IT_IS + 1; v < VARIANTS; v++) {
        bool of_mean =
            v == ONE_SUM || v == ONE_AXIS || v == NO_FIRST || v == FIRST_SIGN || v == NO_SECOND || v == SECOND_SIGN;
        if (!centred && of_mean)
            continue;
        gd_cause cause = v == SUMS && (n->flags & OF_LENGTH) ? GD_CAUSE_MEAN_FOR_SUM : of[v].cause;
        if (!gd__mutants_add(list, (gd__mutant){ at, GD__MUT_NORM, -1, n->h, n->flags, v, cause, of[v].cost, NULL }))
            return false;
    }
    return true;
}

bool gd__mutants_list_norms(gd__mutants *list, const gd__program *p)
{
    size_t size = (size_t)(p->count + 1) * sizeof(gd_tensor *);
    gd_tensor **env = gd__alloc(p->context, size);
    bool good = env != NULL;
    for (int id = 0; good && id < p->count; id++)
        env[id] = p->node[id].value;
    for (int h = 0; good && h < p->forward; h++) {
        norm n;
        int at = find_norm(p, h, &n) ? gd__whole_of(p, n.x) : -1;
        if (at < p->forward)
            continue;
        bool is = is_so(p, &n, env, at);
        if (!is) {
            n.flags |= OF_LENGTH;
            is = is_so(p, &n, env, at);
        }
        good = !is || list_variants(list, &n, at);
    }
    gd__free(p->context, env, size);
    return good && !p->context->failed;
}

const char *gd__norm_text(const gd__mutant *m)
{
    static const char *const text[VARIANTS] = { [NO_SIGMA] = "1 / sigma is left out",
                                                [SIGMA_TWICE] = "1 / sigma counts twice",
                                                [SUMS] = "of the derivative (dh - mean(dh) - h mean(dh h)) / sigma",
                                                [ONE_SUM] = "of the derivative's mean(dh)",
                                                [CONSTANT] = "mean and sigma are taken for constants",
                                                [ONE_AXIS] = "mean(dh) of the derivative goes over the other axis",
                                                [BOTH_AXES] = "the means of the derivative go over the other axis",
                                                [NO_FIRST] = "mean(dh) is left out",
                                                [NO_SECOND] = "h mean(dh h) is left out",
                                                [FIRST_SIGN] = "it is mean(dh)",
                                                [SECOND_SIGN] = "it is h mean(dh h)",
                                                [LEFT_OUT] = "that of the normalisation" };
    return text[(int)m->c] ? text[(int)m->c] : "";
}
