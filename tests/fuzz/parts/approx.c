/* approx.c - numbers with how far the library's may lie from them. */
#include "fuzz/parts/approx.h"

#include <math.h>

/* What is off in ways that can't be told, as where 0 meets infinity, is off in any way. */
static approx settled(number n, number off)
{
    return (approx){ n, isnan(off) ? (number)INFINITY : off };
}

approx rounded(gd_dtype dtype, number n, number off, double rounds)
{
    if (!is_float(dtype))
        return exactly(n);
    if (!isfinite(n))
        return settled(n, isfinite(off) ? 0 : (number)INFINITY);
    number own = (number)rounds * (unit_of(dtype) * fabsl(n) + least_of(dtype));
    return settled(n, fabsl(n) + off > most_of(dtype) ? (number)INFINITY : off + own);
}

approx plus(gd_dtype dtype, approx a, approx b)
{
    return rounded(dtype, a.n + b.n, a.off + b.off, 1);
}

approx minus(gd_dtype dtype, approx a, approx b)
{
    return rounded(dtype, a.n - b.n, a.off + b.off, 1);
}

static number scaled(number size, number off)
{
    return off == 0 ? 0 : fabsl(size) * off;
}

approx times(gd_dtype dtype, approx a, approx b)
{
    return rounded(dtype, a.n * b.n, scaled(a.n, b.off) + scaled(b.n, a.off) + scaled(a.off, b.off), 1);
}

approx over(gd_dtype dtype, approx a, approx b)
{
    number q = a.n / b.n;
    if (b.off > 0 && !(b.off < fabsl(b.n) / 2))
        return settled(q, INFINITY);
    return rounded(dtype, q, a.off == 0 && b.off == 0 ? 0 : (a.off + scaled(q, b.off)) / (fabsl(b.n) - b.off), 1);
}

approx root(gd_dtype dtype, approx a)
{
    if (a.off > 0 && fabsl(a.n) <= a.off) /* a number, or NaN of one below 0 */
        return settled(NAN, INFINITY);
    number y = sqrtl(a.n), low = a.n > a.off ? sqrtl(a.n - a.off) : 0;
    number off = a.off == 0 || !isfinite(y) ? a.off : fmaxl(sqrtl(a.n + a.off) - y, y - low);
    return rounded(dtype, y, off, 1);
}

approx power(gd_dtype dtype, approx a, number p)
{
    number y = powl(a.n, p);
    if (a.off == 0)
        return rounded(dtype, y, 0, 4);
    if (!(a.off < a.n / 2))
        return settled(y, INFINITY);
    number low = powl(a.n - a.off, p), high = powl(a.n + a.off, p);
    return rounded(dtype, y, fmaxl(fabsl(high - y), fabsl(low - y)), 4);
}

approx larger(approx a, approx b)
{
    number off = fmaxl(a.off, b.off);
    return settled(isnan(a.n) || a.n > b.n ? a.n : b.n, off);
}

approx total(gd_dtype dtype, const approx *term, int64_t n)
{
    number sum = 0, sizes = 0, off = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += term[i].n;
        off += term[i].off;
        sizes += isfinite(term[i].n) ? fabsl(term[i].n) : 0;
    }
    if (!is_float(dtype))
        return exactly(sum);
    if (sizes > most_of(dtype))
        return settled(sum, INFINITY);
    if (!isfinite(sum))
        return settled(sum, isfinite(off) ? 0 : (number)INFINITY);
    return settled(sum, off + (number)n * (unit_of(dtype) * sizes + least_of(dtype)));
}

approx approx_at(const value *x, int64_t i)
{
    return settled(get(x, i), x->slack ? x->slack[i] : 0);
}

void put_approx(question *q, int64_t i, approx y)
{
    put(q->y, i, y.n);
    allow(q, i, y.off);
}
