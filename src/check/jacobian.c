/* jacobian.c - the derivative of a function that can't be seen into, by central differences, and what hidden constants
 * it gives away. */
#include "check/jacobian.h"

#include <math.h>

/* d y / d x[operand] by central differences: (entries of y, entries of x); the error tensor where it can't be had. */
gd_tensor *gd__jacobian(gd__opaque *function, void *user, gd_tensors x, int operand, int64_t m)
{
    gd_context *g = gd__context_of(x);
    gd_tensor *at = gd_clone(x.item[operand]);
    gd_tensor **item = gd__alloc(g, (size_t)x.count * sizeof *item);
    int64_t n = at->numel;
    double *J = item ? gd__alloc(g, (size_t)(m * n) * sizeof *J) : NULL;
    bool good = J && gd__alive(at);
    for (int i = 0; item && i < x.count; i++)
        item[i] = i == operand ? at : x.item[i];
    for (int64_t j = 0; good && j < n; j++) {
        GD_SCOPE(g);
        double *entry = (double *)(void *)at->data + j, before = *entry, h = 6e-6 * fmax(1, fabs(before));
        *entry = before + h;
        gd_tensor *high = function(user, (gd_tensors){ x.count, item });
        *entry = before - h;
        gd_tensor *low = function(user, (gd_tensors){ x.count, item });
        *entry = before;
        gd_tensor *slope = gd_div_scalar(gd_sub(gd_cast(high, GD_FLOAT64), gd_cast(low, GD_FLOAT64)), 2 * h);
        good = gd__alive(slope) && slope->numel == m;
        for (int64_t i = 0; good && i < m; i++)
            J[i * n + j] = ((const double *)gd_data(slope))[i];
    }
    gd_tensor *made = good ? gd_from_memory(g, GD_FLOAT64, gd_shape(m, n), J) : gd__error_object(g);
    if (J)
        gd__free(g, J, (size_t)(m * n) * sizeof *J);
    if (item)
        gd__free(g, item, (size_t)x.count * sizeof *item);
    return made;
}

/* The diagonal alone, where nothing lies beside it: the function works element by element. */
gd_tensor *gd__as_diagonal(gd_tensor *J)
{
    if (J->shape[0] != J->shape[1])
        return J;
    const double *a = gd_data(J);
    int64_t n = J->shape[0];
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            if (i != j && fabs(a[i * n + j]) > 1e-7)
                return J;
    double *diagonal = gd__alloc(J->object.context, (size_t)n * sizeof *diagonal);
    if (!diagonal)
        return gd__error_object(J->object.context);
    for (int64_t i = 0; i < n; i++)
        diagonal[i] = a[i * n + i];
    gd_tensor *made = gd_from_memory(J->object.context, GD_FLOAT64, gd_shape(n), diagonal);
    gd__free(J->object.context, diagonal, (size_t)n * sizeof *diagonal);
    return made;
}

/* ---- hidden constants ---- */

/* The operand a little nearer to 0, where the function is at home as well; not by the same share everywhere. */
gd_tensor *gd__nearer(gd_tensor *x)
{
    gd_tensor *share = gd_linspace(x->object.context, GD_FLOAT64, 0.8, 0.95, x->numel);
    return gd_mul(x, gd_reshape(share, gd__shape(x)));
}

static gd_tensor *curve(gd_tensor *x, int which)
{
    return which == 0 ? x : which == 1 ? gd_sigmoid(x) : gd_softmax(x, -1);
}

static const double *numbers(gd_tensor *t)
{
    gd_tensor *plain = gd_contiguous(t);
    return gd__alive(plain) && plain->dtype == GD_FLOAT64 ? (const double *)(const void *)plain->data : NULL;
}

/* The one factor between two lists of numbers; 0 where there is none. */
double gd__common_factor(gd_tensor *over, gd_tensor *under)
{
    const double *a = numbers(over), *b = numbers(under);
    double factor = 0, size = 0;
    if (!a || !b)
        return 0;
    for (int64_t i = 0; i < over->numel; i++)
        if (fabs(b[i]) > size) {
            size = fabs(b[i]);
            factor = a[i] / b[i];
        }
    for (int64_t i = 0; i < over->numel; i++)
        if (!(fabs(a[i] - factor * b[i]) <= 1e-5 * fabs(factor) * size))
            return 0;
    return factor;
}

/* A factor that is one over a count, without the rounding of differences. */
double gd__settled(double s)
{
    double count = 1 / s, whole = floor(count + 0.5);
    if (whole != 0 && fabs(count - whole) < 1e-5 * fabs(whole))
        return 1 / whole;
    whole = floor(s + 0.5);
    return whole != 0 && fabs(s - whole) < 1e-5 * fabs(whole) ? whole : s;
}

/* A target is often 0 or 1: so it is without rounding. */
gd_tensor *gd__settled_target(gd_tensor *t)
{
    gd_tensor *kept = gd_clone(t);
    for (int64_t i = 0; gd__alive(kept) && i < kept->numel; i++) {
        double *at = (double *)(void *)kept->data + i;
        if (fabs(*at - floor(*at + 0.5)) < 1e-6)
            *at = floor(*at + 0.5);
    }
    return kept;
}

bool gd__find_target(gd__opaque *function, void *user, gd_tensors x, int operand, gd__hidden *h)
{
    gd_tensor *at = x.item[operand], *other = gd__nearer(at), *item[8];
    if (x.count > 8 || at->numel < 2 || at->ndim < 1)
        return false;
    for (int i = 0; i < x.count; i++)
        item[i] = i == operand ? other : x.item[i];
    gd_tensor *here = gd__jacobian(function, user, x, operand, 1);
    gd_tensor *there = gd__jacobian(function, user, (gd_tensors){ x.count, item }, operand, 1);
    if (!gd__alive(here) || !gd__alive(there))
        return false;
    here = gd_reshape(here, gd__shape(at));
    there = gd_reshape(there, gd__shape(at));
    for (h->curve = 0; h->curve < 3; h->curve++) {
        h->scale = gd__common_factor(gd_sub(here, there), gd_sub(curve(at, h->curve), curve(other, h->curve)));
        if (h->scale == 0)
            continue;
        h->scale = gd__settled(h->scale);
        h->target = gd__settled_target(gd_sub(curve(at, h->curve), gd_mul_scalar(here, 1 / h->scale)));
        return gd__alive(h->target);
    }
    return false;
}

/* A sum over the samples that is divided by their number, or not. */
static gd_tensor *scaled(gd_tensor *sum, double scale)
{
    double count = 1 / scale;
    if (scale == 1)
        return sum;
    return count > 1 && count == floor(count) ? gd_div_scalar(sum, count) : gd_mul_scalar(sum, scale);
}

gd_tensor *gd__tell_loss(const gd__hidden *h, gd_tensor *x, gd_tensor *y)
{
    gd_tensor *t = h->target, *p = h->curve ? curve(x, h->curve) : NULL, *loss;
    if (h->curve == 0)
        loss = scaled(gd_sum(gd_square(gd_sub(x, t))), h->scale / 2);
    else if (h->curve == 1)
        loss = scaled(
            gd_neg(gd_sum(gd_add(gd_mul(t, gd_log(p)), gd_mul(gd_rsub_scalar(t, 1), gd_log(gd_rsub_scalar(p, 1)))))),
            h->scale);
    else
        loss = scaled(gd_neg(gd_sum(gd_mul(t, gd_log(p)))), h->scale);
    if (!gd__alive(loss))
        return loss;
    return gd_add_scalar(gd_reshape(loss, gd__shape(y)), gd_item(y) - gd_item(loss));
}

/* The slopes by each entry of the operand, in its shape: of a sum, or of a function that works element by element. */
static gd_tensor *slopes(gd__opaque *function, void *user, gd_tensors x, int operand, int64_t m)
{
    gd_tensor *J = gd__jacobian(function, user, x, operand, m);
    J = gd__alive(J) && m > 1 ? gd__as_diagonal(J) : J;
    bool flat = gd__alive(J) && J->numel == x.item[operand]->numel;
    return flat ? gd_reshape(J, gd__shape(x.item[operand])) : NULL;
}

static gd_tensor *derivative(gd__op_id f, gd_tensor *x)
{
    gd__attrs none = { .integer = { 0 } };
    gd_tensor *y = gd__apply(f, 1, &x, &none), *dy = gd_ones_like(x);
    gd__vjp v = { dy, &x, 1, y, &none, 0 };
    return gd__alive(y) ? gd__ops[f]->vjp(&v) : y;
}

/* The factor where it is the same at both points; NULL where f is not the function. */
static gd_tensor *same_factor(gd__op_id f, gd_tensor *at, gd_tensor *there, gd_tensor *other, gd_tensor *there_other)
{
    gd_tensor *d = derivative(f, at), *e = derivative(f, other);
    gd_tensor *factor = gd_div(there, d);
    bool same = gd__alive(factor) && gd_allclose(gd_mul(factor, e), there_other, 1e-5, 1e-9, false);
    return same && gd_item(gd_sum(gd_cast(gd_isfinite(factor), GD_FLOAT64))) == (double)factor->numel ? factor : NULL;
}

static bool is_curve(gd__op_id f)
{
    static const gd__op_id curves[] = { GD__OP_square, GD__OP_sigmoid,    GD__OP_tanh,  GD__OP_relu,
                                        GD__OP_exp,    GD__OP_log,        GD__OP_sqrt,  GD__OP_sin,
                                        GD__OP_cos,    GD__OP_gelu,       GD__OP_silu,  GD__OP_erf,
                                        GD__OP_abs,    GD__OP_reciprocal, GD__OP_log1p, GD__OP_expm1 };
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (curves[i] == f)
            return true;
    return false;
}

bool gd__find_curve(gd__opaque *function, void *user, gd_tensors x, int operand, int64_t m, gd__op_id *f,
                    gd_tensor **factor)
{
    gd_tensor *at = x.item[operand], *other = gd__nearer(at), *item[8];
    if (x.count > 8 || at->numel < 2)
        return false;
    for (int i = 0; i < x.count; i++)
        item[i] = i == operand ? other : x.item[i];
    gd_tensor *here = slopes(function, user, x, operand, m);
    gd_tensor *there = here ? slopes(function, user, (gd_tensors){ x.count, item }, operand, m) : NULL;
    if (!here || !there)
        return false;
    if (gd_allclose(here, there, 1e-6, 1e-9, false)) {
        *f = GD__OP_clone;
        *factor = here;
        return true;
    }
    for (int id = 0; id < GD__OP_COUNT; id++) {
        *f = (gd__op_id)id;
        if (!is_curve(*f))
            continue;
        *factor = same_factor(*f, at, here, other, there);
        if (*factor)
            return true;
    }
    return false;
}
