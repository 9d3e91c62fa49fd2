/* affine.c - finding a hidden target behind a matrix product. */
#include "check/affine.h"

#include <math.h>

#include "check/jacobian.h"

/* ---- which operand is what ---- */

static bool is_matrix(const gd_tensor *t)
{
    return t->ndim == 2 && t->dtype == GD_FLOAT64;
}

/* The first way in which shapes fit: x (N, K), W (K, M) or (M, K), b (M). */
static bool assign(gd_tensors x, gd__affine_loss *l)
{
    if (x.count < 2 || x.count > 3 || !is_matrix(x.item[0]) || !is_matrix(x.item[1]))
        return false;
    *l = (gd__affine_loss){ .x = 0, .W = 1, .b = x.count == 3 ? 2 : -1 };
    const gd_tensor *a = x.item[0], *W = x.item[1];
    l->turned = a->shape[1] != W->shape[0];
    if (a->shape[1] != W->shape[l->turned])
        return false;
    const gd_tensor *b = l->b >= 0 ? x.item[l->b] : NULL;
    return !b || (b->dtype == GD_FLOAT64 && b->ndim == 1 && b->shape[0] == W->shape[!l->turned]);
}

static gd_tensor *affine(const gd__affine_loss *l, gd_tensors x)
{
    gd_tensor *W = l->turned ? gd_t(x.item[l->W]) : x.item[l->W];
    gd_tensor *z = gd_matmul(x.item[l->x], W);
    return l->b >= 0 ? gd_add(z, x.item[l->b]) : z;
}

/* ---- the gradient at z, row by row ---- */

/* Operands with which row i of z is v, a row, and all others are b. */
static void place_row(const gd__affine_loss *l, gd_tensors x, int64_t i, gd_tensor *v, gd_tensor **item)
{
    gd_tensor *a = gd_zeros_like(x.item[l->x]), *W = gd_zeros_like(x.item[l->W]);
    gd_tensor *row = l->b >= 0 ? gd_sub(v, x.item[l->b]) : v;
    gd_assign(gd_select(gd_select(a, 0, i), 0, 0), gd_scalar(a->object.context, GD_FLOAT64, 1));
    gd_assign(gd_select(W, l->turned ? 1 : 0, 0), row);
    item[l->x] = a;
    item[l->W] = W;
    if (l->b >= 0)
        item[l->b] = x.item[l->b];
}

/* d loss / d z at z, (N, M); the error tensor where it can't be had. */
static gd_tensor *gradient_at(gd__opaque *function, void *user, const gd__affine_loss *l, gd_tensors x, gd_tensor *z)
{
    gd_tensor *all = gd_zeros_like(z), *item[3];
    for (int64_t i = 0; gd__alive(all) && i < z->shape[0]; i++) {
        place_row(l, x, i, gd_select(z, 0, i), item);
        gd_tensor *J = gd__jacobian(function, user, (gd_tensors){ x.count, item }, l->W, 1);
        if (!gd__alive(J))
            return J;
        J = gd_reshape(J, gd__shape(x.item[l->W]));
        gd_assign(gd_select(all, 0, i), gd_select(J, l->turned ? 1 : 0, 0));
    }
    return all;
}

/* Does the gradient at z explain that of the weights, where the operands really are? */
static bool explains(gd__opaque *function, void *user, const gd__affine_loss *l, gd_tensors x, gd_tensor *dz)
{
    gd_tensor *J = gd__jacobian(function, user, x, l->W, 1);
    gd_tensor *dW = gd_matmul(gd_t(x.item[l->x]), dz);
    dW = l->turned ? gd_t(dW) : dW;
    return gd__alive(J) && gd__alive(dW) && gd_allclose(gd_reshape(J, gd__shape(dW)), dW, 1e-5, 1e-8, false);
}

/* ---- what it is ---- */

static gd_tensor *activate(gd__op_id f, gd_tensor *z)
{
    gd__attrs none = { .integer = { f == GD__OP_softmax ? 1 : 0 } };
    return f == GD__OP_clone ? z : gd__apply(f, 1, &z, &none);
}

static gd_tensor *slope_of(gd__op_id f, gd_tensor *z)
{
    gd__attrs none = { .integer = { 0 } };
    gd_tensor *y = activate(f, z);
    gd__vjp v = { gd_ones_like(z), &z, 1, y, &none, 0 };
    return gd__alive(y) && f != GD__OP_clone ? gd__ops[f]->vjp(&v) : gd_ones_like(z);
}

static bool fits(gd__affine_loss *l, gd_tensor *z, gd_tensor *dz, gd_tensor *other, gd_tensor *d_other)
{
    gd_tensor *here = dz, *there = d_other, *a = activate(l->f, z), *b = activate(l->f, other);
    if (l->squares) {
        here = gd_div(dz, slope_of(l->f, z));
        there = gd_div(d_other, slope_of(l->f, other));
    }
    l->scale = gd__common_factor(gd_sub(here, there), gd_sub(a, b));
    if (l->scale == 0)
        return false;
    l->target = gd__settled_target(gd_sub(a, gd_mul_scalar(here, 1 / l->scale)));
    return gd__alive(l->target);
}

bool gd__find_affine_loss(gd__opaque *function, void *user, gd_tensors x, gd__affine_loss *l)
{
    static const struct {
        gd__op_id f;
        bool squares;
    } forms[] = { { GD__OP_clone, false },  { GD__OP_sigmoid, false }, { GD__OP_softmax, false },
                  { GD__OP_sigmoid, true }, { GD__OP_tanh, true },     { GD__OP_relu, true },
                  { GD__OP_gelu, true },    { GD__OP_silu, true } };
    if (!assign(x, l))
        return false;
    gd_tensor *z = affine(l, x), *other = gd__alive(z) ? gd__nearer(z) : z;
    if (!gd__alive(other) || z->numel < 2 || z->numel > 4096)
        return false;
    gd_tensor *dz = gradient_at(function, user, l, x, z);
    if (!gd__alive(dz) || !explains(function, user, l, x, dz))
        return false;
    gd_tensor *d_other = gradient_at(function, user, l, x, other);
    for (size_t i = 0; gd__alive(d_other) && i < sizeof forms / sizeof *forms; i++) {
        l->f = forms[i].f;
        l->squares = forms[i].squares;
        if (fits(l, z, dz, other, d_other)) {
            l->scale = gd__settled(l->scale);
            return true;
        }
    }
    return false;
}

gd_tensor *gd__tell_affine_loss(const gd__affine_loss *l, gd_tensors x, gd_tensor *y)
{
    gd_tensor *z = affine(l, x);
    bool of_logits = !l->squares && l->f != GD__OP_clone;
    gd__hidden h = { of_logits ? (l->f == GD__OP_sigmoid ? 1 : 2) : 0, l->scale, l->target };
    return gd__alive(z) ? gd__tell_loss(&h, of_logits ? z : activate(l->f, z), y) : z;
}
