/* close.c - are two tensors equal, or nearly? */
#include "op/op.h"

#include "gradus/autograd.h"

typedef struct comparison {
    gd_tensor *a, *b;
    double rtol, atol;
    bool equal_nan;
} comparison;

static bool usable(const gd_tensor *a, const gd_tensor *b, const char *function)
{
    gd_context *g = gd__context(a ? a : b);
    return gd__usable(g, a, function, "a") && gd__usable(g, b, function, "b");
}

/* Do all flags hold? What is made on the way goes again, and nothing is recorded. */
static bool all(const comparison *c, gd_tensor *(*flags_of)(const comparison *))
{
    gd_context *g = c->a->object.context;
    gd_scope scope = gd_scope_enter(g);
    bool recording = gd_set_recording(g, false);
    gd_tensor *flags = flags_of(c);
    bool hold = scope.context && gd__alive(flags) && gd_item(gd_sum(flags)) == (double)flags->numel;
    gd_set_recording(g, recording);
    gd_scope_leave(&scope);
    return hold;
}

static gd_tensor *equal(const comparison *c)
{
    return gd_eq(c->a, c->b);
}

/* torch.isclose, which takes floats for integers. */
static gd_tensor *close_to(const comparison *c)
{
    gd_tensor *same = gd_eq(c->a, c->b);
    if (c->equal_nan)
        same = gd_logical_or(same, gd_logical_and(gd_isnan(c->a), gd_isnan(c->b)));
    if (c->rtol == 0 && c->atol == 0)
        return same;
    gd_dtype dtype = (gd_dtype)c->b->dtype;
    gd_tensor *b = gd_cast(c->b, gd__is_float(dtype) ? dtype : GD_DEFAULT);
    gd_tensor *allowed = gd_add_scalar(gd_abs(gd_mul_scalar(b, c->rtol)), c->atol);
    gd_tensor *apart = gd_abs(gd_sub(c->a, b));
    return gd_logical_or(same, gd_logical_and(gd_isfinite(apart), gd_le(apart, allowed)));
}

bool gd_equal(gd_tensor *a, gd_tensor *b)
{
    return usable(a, b, "gd_equal") && gd__same_shape(a, b) && all(&(comparison){ .a = a, .b = b }, equal);
}

bool gd_allclose(gd_tensor *a, gd_tensor *b, double rtol, double atol, bool equal_nan)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!usable(a, b, "gd_allclose"))
        return false;
    if (a->dtype == b->dtype && rtol >= 0 && atol >= 0)
        return all(&(comparison){ a, b, rtol, atol, equal_nan }, close_to);
    gd__fault fault = { GD_ERROR_DTYPE, 0, "gd_allclose", "gd_cast one to the other's dtype" };
    if (a->dtype != b->dtype) {
        gd__fail(a->object.context, fault, "%s and %s", gd__describe(a, left), gd__describe(b, right));
    } else {
        fault = (gd__fault){ GD_ERROR_VALUE, 0, "gd_allclose", "Pass tolerances of 0 or more" };
        gd__fail(a->object.context, fault, "tolerances of %g and %g", rtol, atol);
    }
    return false;
}
