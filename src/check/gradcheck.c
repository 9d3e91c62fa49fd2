/* gradcheck.c - what can be checked: functions, layers, users' operations, and derivatives of gradients. */
#include "check/check.h"

#include "gradus/op.h"

#include "tensor/tensor.h"

#include <stdio.h>
#include <string.h>

gd_verdict gd_check_verdict(const gd_check *check)
{
    return gd__alive(check) ? check->verdict : GD_CHECK_FAILED;
}

int gd_check_count(const gd_check *check)
{
    return gd__alive(check) ? check->count : 0;
}

const gd_check_input *gd_check_at(const gd_check *check, int index)
{
    return gd__alive(check) && index >= 0 && index < check->count ? &check->input[index] : NULL;
}

/* ---- derivatives of the gradients ---- */

/* The gradients of a function, made into one number with weights that stay: what is differentiated again. */
typedef struct slope_function {
    const gd_gradcheck_options *o;
} slope_function;

static gd_tensor *weights_like(gd_tensor *t, double phase)
{
    gd_tensor *steps = gd_cast(gd_arange(gd_context_of(t), GD_INT64, gd_numel(t)), GD_FLOAT64);
    return gd_reshape(gd_add_scalar(gd_cos(gd_add_scalar(gd_mul_scalar(steps, 2.399963), phase)), 0.3), gd_sizes(t));
}

static gd_tensor *weighed(gd_tensor *sum, gd_tensor *t, double phase)
{
    gd_tensor *part = gd_sum(gd_mul(t, weights_like(t, phase)));
    return sum ? gd_add(sum, part) : part;
}

static gd_tensor *slope_of(void *user, gd_tensor *const *in, size_t n)
{
    const gd_gradcheck_options *o = ((slope_function *)user)->o;
    gd_context *g = o->g;
    size_t all = n + (size_t)o->parameters.count;
    gd_tensor **x = gd__alloc(g, (2 * all + 1) * sizeof *x), *sum = NULL;
    int count = 0;
    if (!x)
        return gd__error_object(g);
    bool recording = gd_set_recording(g, true);
    for (size_t i = 0; i < n; i++)
        if (gd_dtype_of(in[i]) == GD_FLOAT64 || gd_dtype_of(in[i]) == GD_FLOAT32)
            x[count++] = in[i]->requires_grad ? in[i] : gd_require_grad(gd_detach(in[i]), true);
    for (int i = 0; i < o->parameters.count; i++)
        x[count++] = o->parameters.item[i];
    gd_tensor **argument = x + all;
    for (size_t i = 0, k = 0; i < n; i++)
        argument[i] = gd_dtype_of(in[i]) == GD_FLOAT64 || gd_dtype_of(in[i]) == GD_FLOAT32 ? x[k++] : in[i];
    gd_tensor *y = o->f(o->user, argument, n);
    gd_tensor **dx = gd__alloc(g, (size_t)(count + 1) * sizeof *dx);
    if (dx && gd_gradient(y, gd_is_tensor(y) ? weights_like(y, 0.7) : NULL, count, x, dx, true))
        for (int i = 0; i < count; i++)
            sum = weighed(sum, dx[i], i);
    gd__free(g, dx, (size_t)(count + 1) * sizeof *dx);
    gd__free(g, x, (2 * all + 1) * sizeof *x);
    gd_set_recording(g, recording);
    return sum ? sum : gd__error_object(g);
}

/* Adds what was found of the gradients' derivatives behind what was found of the gradients. */
static gd_check *join(gd_check *first, gd_check *second)
{
    gd_context *g = first->object.context;
    int count = first->count + second->count;
    gd_check_input *all = gd__alloc(g, (size_t)(count + 1) * sizeof *all);
    if (!all)
        return gd__error_object(g);
    memcpy(all, first->input, (size_t)first->count * sizeof *all);
    for (int i = 0; i < second->count; i++) {
        gd_check_input *to = &all[first->count + i];
        *to = second->input[i];
        snprintf(to->name, sizeof to->name, "second, by %.80s", second->input[i].name);
    }
    gd__free(g, first->input, (size_t)(first->count + 1) * sizeof *all);
    first->input = all;
    first->count = count;
    if (second->verdict == GD_CHECK_WRONG || first->verdict == GD_CHECK_RIGHT)
        first->verdict = second->verdict;
    first->seconds += second->seconds;
    first->evaluations += second->evaluations;
    first->second_checked = true;
    return first;
}

static gd_check *with_second(gd_check *first, const gd_gradcheck_options *o)
{
    slope_function f = { o };
    gd_gradcheck_options again = *o;
    if (!gd__alive(first) || !o->second)
        return first;
    again.f = slope_of;
    again.user = &f;
    again.claimed = gd_no_tensors;
    again.earlier = gd_no_tensors;
    again.dy = NULL;
    gd_check *second = gd__check_run(&again);
    if (!gd__alive(second))
        return second;
    gd_check *both = join(first, second);
    gd__destroy(&second->object);
    return both;
}

gd_check *gd_gradcheck_with(gd_gradcheck_options o)
{
    if (!o.g || o.g->stand_in)
        return gd__error_object(&gd__nowhere);
    return with_second(gd__check_run(&o), &o);
}

/* ---- layers ---- */

static gd_tensor *run_layer(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return gd_forward(user, in[0]);
}

/* Parameters that learn. */
static int gather_parameters(gd_layer *layer, gd_tensor **list, int room)
{
    int count = 0, all = gd_parameter_count(layer);
    for (int i = 0; i < all; i++) {
        gd_tensor *p = gd_parameter(layer, i);
        if (!gd_requires_grad(p))
            continue;
        if (count < room)
            list[count] = p;
        count++;
    }
    return count;
}

/* A parameter is called what the layer calls it while it is checked. */
static void name_parameters(gd_layer *layer, gd_check *check, int from)
{
    int all = gd_parameter_count(layer), at = from;
    for (int i = 0; i < all; i++) {
        if (!gd_requires_grad(gd_parameter(layer, i)))
            continue;
        for (int k = at; k < check->count; k += check->second_checked ? check->count / 2 : check->count) {
            char name[80];
            bool second = k >= check->count / 2 && check->second_checked;
            gd_parameter_name(layer, i, name, sizeof name);
            snprintf(check->input[k].name, sizeof check->input[k].name, "%s%s", second ? "second, by " : "", name);
        }
        at++;
    }
}

gd_check *gd_gradcheck_layer_with(gd_layer_check o)
{
    gd_context *g = gd__context(o.layer ? (const void *)o.layer : (const void *)o.x);
    if (!gd__usable(g, o.layer, "gd_gradcheck_layer", "the layer") ||
        !gd__usable(g, o.x, "gd_gradcheck_layer", "x") || g->failed || !gd_is_layer(gd_init(o.layer)))
        return gd__error_object(g);
    int count = gather_parameters(o.layer, NULL, 0);
    size_t size = (size_t)(count + 1) * sizeof(gd_tensor *);
    gd_tensor **parameters = gd__alloc(g, size);
    if (!parameters)
        return gd__error_object(g);
    gather_parameters(o.layer, parameters, count);
    bool floats = gd_dtype_of(o.x) == GD_FLOAT32 || gd_dtype_of(o.x) == GD_FLOAT64;
    gd_check *check = gd_gradcheck_with((gd_gradcheck_options){ .g = g,
                                                                .f = run_layer,
                                                                .in = gd_list(o.x),
                                                                .given = o.given,
                                                                .user = o.layer,
                                                                .earlier = o.earlier,
                                                                .parameters = { count, parameters },
                                                                .dy = o.dy,
                                                                .rtol = o.rtol,
                                                                .atol = o.atol,
                                                                .fast = o.fast,
                                                                .second = o.second,
                                                                .seed = o.seed,
                                                                .progress = o.progress });
    if (gd__alive(check))
        name_parameters(o.layer, check, floats);
    gd__free(g, parameters, size);
    return check;
}

/* ---- operations ---- */

enum { GD__MOST_NARROW = 16 };

static gd_tensor *run_operation(void *user, gd_tensor *const *in, size_t n)
{
    return gd_apply_to(user, (gd_tensors){ (int)n, in });
}

/* Operands of float64 are cast for it, and its result back. */
static gd_tensor *run_operation_narrow(void *user, gd_tensor *const *in, size_t n)
{
    gd_tensor *x[GD__MOST_NARROW];
    for (size_t i = 0; i < n; i++)
        x[i] = gd_dtype_of(in[i]) == GD_FLOAT64 ? gd_cast(in[i], GD_FLOAT32) : in[i];
    return gd_cast(gd_apply_to(user, (gd_tensors){ (int)n, x }), GD_FLOAT64);
}

static bool has_float32(gd_tensors x)
{
    for (int i = 0; x.item && i < x.count; i++)
        if (gd_dtype_of(x.item[i]) == GD_FLOAT32)
            return true;
    return false;
}

/* Does it make something else of these numbers, or nothing, where they are float64? Then it reads them as float32. */
static bool misreads_float64(gd_operation *operation, gd_tensors x)
{
    gd_context *g = gd__context(operation);
    gd_tensor *wide[GD__MOST_NARROW];
    GD_SCOPE(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    for (int i = 0; i < x.count; i++)
        wide[i] = gd_dtype_of(x.item[i]) == GD_FLOAT32 ? gd_cast(x.item[i], GD_FLOAT64) : x.item[i];
    gd_tensor *y = gd_cast(gd_apply_to(operation, x), GD_FLOAT64);
    bool works = gd_is_tensor(y);
    gd_tensor *z = works ? gd_cast(gd_apply_to(operation, (gd_tensors){ x.count, wide }), GD_FLOAT64) : NULL;
    bool same = works && gd_is_tensor(z) && gd__same_shape(y, z) && gd_allclose(y, z, 1e-2, 1e-3, true);
    gd_no_grad_leave(&quiet);
    return works && !same;
}

/* What came of the operands as float64, unless it can't take these: then as they are. */
static gd_check *check_narrowly(gd_check *first, gd_operation *operation, const gd_gradcheck_options *options)
{
    gd_context *g = options->g;
    gd_error error = g->error;
    bool failed = g->failed;
    gd_gradcheck_options narrow = *options;
    if ((failed && error.status == GD_ERROR_MEMORY) || options->in.count > GD__MOST_NARROW)
        return first;
    gd_error_callback *on_error = g->on_error;
    g->on_error = NULL;
    gd_clear(g);
    bool misread = misreads_float64(operation, options->in);
    bool memory = g->failed && g->error.status == GD_ERROR_MEMORY;
    g->on_error = on_error;
    if (!memory) {
        g->error = error;
        g->failed = failed;
    }
    if (!misread || memory)
        return memory ? gd__error_object(g) : first;
    gd_clear(g);
    if (gd__alive(first))
        gd__destroy(&first->object);
    narrow.f = run_operation_narrow;
    return gd__check_run_narrow(&narrow);
}

gd_check *gd_gradcheck_operation_with(gd_operation_check o)
{
    gd_context *g = gd__context(o.operation);
    if (!gd__usable(g, o.operation, "gd_gradcheck_operation", "the operation") || g->failed)
        return gd__error_object(g);
    gd_gradcheck_options options = { .g = g,
                                     .f = run_operation,
                                     .in = o.x,
                                     .given = o.given,
                                     .user = o.operation,
                                     .earlier = o.earlier,
                                     .dy = o.dy,
                                     .rtol = o.rtol,
                                     .atol = o.atol,
                                     .fast = o.fast,
                                     .second = o.second,
                                     .seed = o.seed,
                                     .progress = o.progress };
    gd_check *check = gd_gradcheck_with(options);
    bool suspicious = gd__alive(check) ? check->verdict != GD_CHECK_RIGHT : g->failed;
    return suspicious && has_float32(o.x) ? check_narrowly(check, o.operation, &options) : check;
}
