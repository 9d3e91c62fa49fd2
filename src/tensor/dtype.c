/* dtype.c - kinds of numbers: their sizes, what two of them become, one as another. */
#include "tensor/tensor.h"

#include <float.h>
#include <math.h>

const gd__dtype_facts gd__dtypes[] = {
#define DTYPE(constant, name, type) [constant] = { name, sizeof(type) },
    GD_DTYPE_LIST(DTYPE)
#undef DTYPE
};

const char *gd_dtype_name(gd_dtype dtype)
{
    return gd__is_dtype(dtype) ? gd__dtypes[dtype].name : "unknown";
}

size_t gd_dtype_size(gd_dtype dtype)
{
    return gd__is_dtype(dtype) ? gd__dtypes[dtype].size : 0;
}

gd_dtype gd__dtype(gd_context *g, gd_dtype dtype)
{
    if (dtype != GD_DEFAULT)
        return dtype;
    return g->default_dtype == GD_DEFAULT ? GD_FLOAT32 : (gd_dtype)g->default_dtype;
}

gd_dtype gd__dtype_asked(gd_context *g, const char *function, gd_dtype dtype)
{
    gd_dtype settled = gd__dtype(g, dtype);
    if (gd__is_dtype(settled))
        return settled;
    gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, function, "Name one of the dtypes of GD_DTYPE_LIST" },
             "%d is no dtype", (int)dtype);
    return GD_DEFAULT;
}

void gd_set_default_dtype(gd_context *g, gd_dtype dtype)
{
    if (!g || g->stand_in)
        return;
    if (gd__is_float(dtype))
        g->default_dtype = (int)dtype;
    else
        gd__fail(g,
                 (gd__fault){ .status = GD_ERROR_DTYPE,
                              .op = "gd_set_default_dtype",
                              .remedy = "Use GD_FLOAT32 or GD_FLOAT64" },
                 "the default must be a float dtype, not %s", gd_dtype_name(dtype));
}

/* bool < integer < float: a tensor of a higher category decides, however few dimensions it has. */
static int category(gd_dtype dtype)
{
    return gd__is_float(dtype) ? 2 : dtype == GD_BOOL ? 0 : 1;
}

static gd_dtype wider(gd_dtype a, gd_dtype b)
{
    if (a == b)
        return a;
    if (category(a) != category(b))
        return category(a) > category(b) ? a : b;
    return category(a) == 2 ? GD_FLOAT64 : GD_INT64;
}

gd_dtype gd__promote(gd_dtype a, int a_ndim, gd_dtype b, int b_ndim)
{
    if (category(a) == category(b) && (a_ndim == 0) != (b_ndim == 0))
        return a_ndim > 0 ? a : b;
    return wider(a, b);
}

bool gd__holds(gd_context *g, gd_dtype dtype, double value, const char *function)
{
    bool good = dtype == GD_FLOAT32 ? !(fabs(value) > FLT_MAX) || isinf(value)
                : dtype == GD_INT64 ? value >= -9223372036854775808.0 && value < 9223372036854775808.0
                : dtype == GD_UINT8 ? value > -256 && value < 256 /* negative ones wrap */
                                    : true;
    if (!good)
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "Give another number, or gd_cast the tensor first" },
                 "%g can't be a %s", value, gd_dtype_name(dtype));
    return good;
}

double gd__load(gd_dtype dtype, const void *at)
{
    switch (dtype) {
    case GD_FLOAT32: return (double)*(const float *)at;
    case GD_FLOAT64: return *(const double *)at;
    case GD_INT64: return (double)*(const int64_t *)at;
    case GD_UINT8: return (double)*(const uint8_t *)at;
    case GD_BOOL: return (double)*(const bool *)at;
    case GD_DEFAULT: break;
    }
    return 0;
}

void gd__store(gd_dtype dtype, void *at, double value)
{
    switch (dtype) {
    case GD_FLOAT32: *(float *)at = (float)value; break;
    case GD_FLOAT64: *(double *)at = value; break;
    case GD_INT64: *(int64_t *)at = gd__whole(value); break;
    case GD_UINT8: *(uint8_t *)at = (uint8_t)gd__whole(value); break;
    case GD_BOOL: *(bool *)at = value != 0; break;
    case GD_DEFAULT: break;
    }
}
