/* apply.c - running one operation: check, bring to a dtype, infer the shape, compute, record. */
#include "autograd/tape.h"

#include "autograd/trace.h"
#include "autograd/watch.h"
#include "cpu/kernel.h"

#include <string.h>

/* Takes the operands into the call. False with the error set where one can't be used. */
static inline bool take_operands(gd__call *call, gd_tensor *const *in)
{
    for (int i = 0; i < call->count; i++) {
        gd_tensor *t = in[i];
        if (!gd__alive(t) || t->object.context != call->context)
            return gd__unusable(call->context, t, call->op->info.name, call->op->info.input[gd__role(call->op, i)]);
        call->in[i] = t;
    }
    return true;
}

static bool wants_one_float(const gd__call *call)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    const gd_tensor *first = call->in[0], *second = call->in[call->count > 1];
    for (int i = 0; i < call->count; i++) {
        if (gd__is_float((gd_dtype)call->in[i]->dtype) && call->in[i]->dtype == first->dtype)
            continue;
        gd__fail(call->context, (gd__fault){ .status = GD_ERROR_DTYPE, .remedy = "gd_cast one to the other's dtype" },
                 "operands of one float dtype are expected, not %s and %s", gd__describe(first, left),
                 gd__describe(second, right));
        return false;
    }
    return true;
}

/* The dtype that all operands are brought to. */
static gd_dtype common_dtype(const gd__call *call)
{
    gd_dtype dtype = (gd_dtype)call->in[0]->dtype;
    int ndim = call->in[0]->ndim;
    for (int i = 1; i < call->count; i++) {
        dtype = gd__promote(dtype, ndim, (gd_dtype)call->in[i]->dtype, call->in[i]->ndim);
        ndim = ndim > call->in[i]->ndim ? ndim : call->in[i]->ndim;
    }
    if (call->op->dtypes == GD__NUMBER && gd__is_whole(call->attrs->scalar[0]))
        return dtype == GD_BOOL ? GD_INT64 : dtype;
    bool wants_real = call->op->dtypes != GD__PROMOTED && !gd__is_float(dtype);
    return wants_real ? gd__dtype(call->context, GD_DEFAULT) : dtype;
}

static inline bool same_dtypes(const gd__call *call)
{
    for (int i = 1; i < call->count; i++)
        if (call->in[i]->dtype != call->in[0]->dtype)
            return false;
    return call->op->dtypes == GD__PROMOTED || gd__is_float((gd_dtype)call->in[0]->dtype);
}

/* Are the operands what the kernel wants, as they are? */
static inline bool is_ready(const gd__call *call)
{
    if (call->context->widening || (call->op->dtypes != GD__AS_GIVEN && !same_dtypes(call)))
        return false;
    for (int i = 0; call->op->contiguous && i < call->count; i++)
        if (!call->in[i]->contiguous)
            return false;
    return true;
}

/* Gradients are checked in float64, whatever the tensors are. A cast stays what it is: what it loses is the caller's. */
static bool widen(gd__call *call)
{
    bool exempt = call->op->info.is_view || call->op->info.is_update || call->op == gd__ops[GD__OP_cast];
    for (int i = 0; !exempt && i < call->count; i++) {
        if (call->in[i]->dtype == GD_FLOAT32)
            call->in[i] = gd_cast(call->in[i], GD_FLOAT64);
        if (!gd__alive(call->in[i]))
            return false;
    }
    return true;
}

static bool prepare(gd__call *call)
{
    if (call->context->widening && !widen(call))
        return false;
    if (call->op->dtypes == GD__ONE_FLOAT && !wants_one_float(call))
        return false;
    bool any = call->op->dtypes == GD__AS_GIVEN || call->op->dtypes == GD__ONE_FLOAT;
    if (!any && !same_dtypes(call)) {
        gd_dtype dtype = common_dtype(call);
        for (int i = 0; i < call->count; i++)
            call->in[i] = gd_cast(call->in[i], dtype);
    }
    for (int i = 0; i < call->count; i++) {
        if (call->op->contiguous && gd__alive(call->in[i]) && !call->in[i]->contiguous)
            call->in[i] = gd_contiguous(call->in[i]);
        if (!gd__alive(call->in[i]))
            return false;
    }
    return true;
}

bool gd__prepare(gd__call *call)
{
    return is_ready(call) || prepare(call);
}

static inline bool compute(gd__call *call, const gd__meta *meta)
{
    gd_context *g = call->context;
    if (call->op->info.is_view) {
        call->out = gd__view(call->in[0], meta);
        return call->out != NULL;
    }
    const gd__kernel *const *kernels = gd__kernels(g);
    call->out = kernels ? gd__tensor(g, meta) : NULL;
    if (!call->out)
        return false;
    const gd__kernel *kernel = kernels[call->id];
    return kernel->run(kernel, call);
}

static inline bool any_requires_grad(const gd__call *call)
{
    for (int i = 0; i < call->count; i++)
        if (call->in[i]->requires_grad && gd__is_differentiable(call->op, i))
            return true;
    return false;
}

static inline bool wants_record(const gd__call *call)
{
    const gd_context *g = call->context;
    bool can = !g->gradients_off && call->op->differentiable && gd__is_float((gd_dtype)call->out->dtype);
    call->out->requires_grad = can && any_requires_grad(call);
    return can && (call->out->requires_grad || g->recording_all);
}

bool gd__wants_record(const gd__call *call)
{
    return wants_record(call);
}

/* What the shape rule begins with. To clear all of it would cost as much as a small kernel. */
static inline void begin_meta(const gd__call *call, gd__meta *meta)
{
    meta->dtype = (gd_dtype)call->in[0]->dtype;
    meta->shape.count = 0;
    meta->offset = 0;
    if (call->op->info.is_view)
        memset(meta->stride, 0, sizeof meta->stride);
}

static inline bool run(gd__call *call)
{
    gd__meta meta;
    if (!is_ready(call) && !prepare(call))
        return false;
    begin_meta(call, &meta);
    if (!call->op->infer(call, &meta) || !compute(call, &meta))
        return false;
    if (call->context->watching)
        gd__watch_result(call);
    return (!wants_record(call) || gd__tape_add(call)) && gd__traced(call);
}

/* Runs `stage` on a call of these operands. */
static inline gd_tensor *apply(gd__op_id id, int count, gd_tensor *const *in, const gd__attrs *attrs,
                               bool (*stage)(gd__call *))
{
    gd_context *g = gd__context_of((gd_tensors){ count, in });
    gd_tensor *few[GD__MAX_INPUTS];
    gd__call call = { .context = g, .op = gd__ops[id], .id = (int)id, .count = count, .in = few, .attrs = attrs };
    if (g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = call.op->info.name;
    if (count > GD__MAX_INPUTS)
        call.in = gd__alloc(g, (size_t)count * sizeof *call.in);
    bool good = call.in && take_operands(&call, in) && stage(&call);
    g->running = outer;
    if (call.in != few)
        gd__free(g, call.in, (size_t)count * sizeof *call.in);
    return good ? call.out : gd__error_object(g);
}

gd_tensor *gd__apply(gd__op_id id, int count, gd_tensor *const *in, const gd__attrs *attrs)
{
    return apply(id, count, in, attrs, run);
}

/* ---- updates ---- */

/* A kernel that wants row-major order writes there itself: a copy would not do. */
static bool may_write(const gd__call *call)
{
    char text[GD__TEXT_SIZE];
    for (int i = 0; i < call->count; i++) {
        const gd_tensor *t = call->in[i];
        if (i == GD__READ_ONLY)
            continue;
        if (!gd__may_write(t, call->op->info.name))
            return false;
        if (!call->op->contiguous || (t->contiguous && gd__is_float((gd_dtype)t->dtype)))
            continue;
        gd__fail(call->context,
                 (gd__fault){ .status = GD_ERROR_STATE,
                              .remedy = "Update a float tensor in row-major order: gd_clone it" },
                 "%s can't be written in place", gd__describe(t, text));
        return false;
    }
    return true;
}

static bool run_update(gd__call *call)
{
    gd__meta meta;
    if (!may_write(call) || !gd__prepare(call))
        return false;
    begin_meta(call, &meta);
    if (!call->op->infer(call, &meta))
        return false;
    const gd__kernel *const *kernels = gd__kernels(call->context);
    bool blameless = call->context->watching && gd__all_finite(call);
    gd__trace *trace = call->context->trace;
    for (int i = 0; trace && trace->writing && i < call->count; i++)
        if (i != GD__READ_ONLY)
            trace->writing(trace, call->in[i]);
    if (!kernels || call->context->failed || !kernels[call->id]->run(kernels[call->id], call))
        return false;
    for (int i = 0; i < call->count; i++)
        if (i != GD__READ_ONLY)
            gd__written(call->in[i], call->op->info.name);
    if (blameless)
        gd__watch_update(call);
    call->out = call->in[0];
    return gd__traced(call);
}

gd_tensor *gd__update(gd__op_id id, int count, gd_tensor *const *in, const gd__attrs *attrs)
{
    gd_context *g = gd__context_of((gd_tensors){ count, in });
    if (g->trace && g->trace->instead)
        return g->trace->instead(g->trace, attrs) ? in[0] : gd__error_object(g);
    return g->failed ? gd__error_object(g) : apply(id, count, in, attrs, run_update);
}
