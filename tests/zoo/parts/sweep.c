/* sweep.c - right gradients alone. */
#include "zoo/parts/sweep.h"

#include <math.h>
#include <string.h>

#include "op/op.h"

/* ---- points ---- */

typedef enum point { PLAIN, EQUAL, AT_ZERO, LARGE, SMALL, IN_FLOAT32, POINTS } point;
static const char *const point_names[POINTS] = { "",         " (equal numbers)", " (zeros)",
                                                 " (large)", " (tiny)",          " (float32)" };

typedef struct sweeping {
    sweep *s;
    gd_context *g;
    dice dice;
    bool loud;
    FILE *to;
} sweeping;

static double number_at(sweeping *w, point p, double low, double high, int64_t i)
{
    double x = between(&w->dice, low, high), middle = (low + high) / 2;
    switch (p) {
    case EQUAL: return middle;
    case AT_ZERO: return i % 2 ? x : fmin(fmax(0, low), high);
    case LARGE: return low < -1 && high > 1 ? x * 1e8 : high;
    case SMALL: return low < 0 && high > 0 ? x * 1e-30 : x;
    default: return x;
    }
}

static gd_tensor *floats(sweeping *w, point p, gd_dims shape, double low, double high)
{
    double v[256];
    int64_t count = 1;
    for (int i = 0; i < shape.count; i++)
        count *= shape.size[i];
    for (int64_t i = 0; i < count && i < 256; i++)
        v[i] = number_at(w, p, low, high, i);
    return gd_values_of(w->g, p == IN_FLOAT32 ? GD_FLOAT32 : GD_FLOAT64, shape, (size_t)count, v);
}

static void take(sweeping *w, gd_check *check, const char *name, const char *where)
{
    gd_verdict v = gd_check_verdict(check);
    w->s->checks++;
    w->s->right += v == GD_CHECK_RIGHT;
    w->s->unsure += v == GD_CHECK_UNSURE;
    w->s->failed += v == GD_CHECK_FAILED;
    w->s->wrong += v == GD_CHECK_WRONG;
    if (v != GD_CHECK_RIGHT)
        fprintf(w->to, "# %s%s: %s %s\n", name, where, gd_verdict_name(v), gd_message(w->g));
    if (v != GD_CHECK_RIGHT && w->loud)
        gd_print_check(check, w->to);
    gd_clear(w->g);
}

/* ---- the operations, on the operands that their descriptors hold ---- */

typedef struct subject {
    int id;
    const gd__sample *sample;
} subject;

static gd_tensor *operation(void *user, gd_tensor *const *in, size_t n)
{
    const subject *s = user;
    return gd__apply((gd__op_id)s->id, (int)n, in, &s->sample->attrs);
}

static gd_tensor *operand(sweeping *w, const subject *s, int i, point p)
{
    const gd__sample *sample = s->sample;
    if (sample->label_input == i + 1)
        return gd_reshape(gd_choice(w->g, sample->label_limit, gd__count(sample->shape[i])), sample->shape[i]);
    if (sample->condition_input == i + 1)
        return gd_ge_scalar(gd_rand(w->g, GD_FLOAT64, sample->shape[i]), 0.5);
    return floats(w, p, sample->shape[i], sample->low, sample->high);
}

static bool is_checked(const gd__op *op)
{
    return op->differentiable && !op->info.is_update;
}

static void sweep_operation(sweeping *w, subject s, point p)
{
    GD_SCOPE(w->g);
    const gd__op *op = gd__ops[s.id];
    gd_tensor *in[GD__MAX_INPUTS];
    int count = op->arity == GD__ANY ? s.sample->operands : op->arity;
    for (int i = 0; i < count; i++)
        in[i] = operand(w, &s, i, p);
    take(w, gd_gradcheck(w->g, operation, ((gd_tensors){ count, in }), .user = &s), op->info.name, point_names[p]);
}

static void sweep_operations(sweeping *w)
{
    for (int id = 0; id < GD__OP_COUNT; id++)
        for (int n = 0; n < GD__MAX_SAMPLES && gd__ops[id]->sample[n].low < gd__ops[id]->sample[n].high; n++)
            for (int p = 0; p < POINTS && is_checked(gd__ops[id]); p++)
                sweep_operation(w, (subject){ id, &gd__ops[id]->sample[n] }, (point)p);
}

/* ---- functions made of them ---- */

typedef gd_tensor *composed(gd_tensor *const *x);

static gd_tensor *variance(gd_tensor *const *x)
{
    return gd_var(x[0], gd_axes(0));
}
static gd_tensor *deviation(gd_tensor *const *x)
{
    return gd_std(x[0], gd_axes(1), .population = true);
}
static gd_tensor *norm_2(gd_tensor *const *x)
{
    return gd_norm(x[0], gd_axes(1));
}
static gd_tensor *norm_1(gd_tensor *const *x)
{
    return gd_norm(x[0], gd_axes(0), .p = 1);
}
static gd_tensor *norm_max(gd_tensor *const *x)
{
    return gd_norm(x[0], gd_axes(0), .p = INFINITY);
}
static gd_tensor *masked(gd_tensor *const *x)
{
    return gd_masked_fill(x[0], gd_gt_scalar(x[1], 0.3), 2);
}
static gd_tensor *outer(gd_tensor *const *x)
{
    return gd_outer(gd_select(x[0], 0, 0), gd_select(x[1], 0, 1));
}
static gd_tensor *dot(gd_tensor *const *x)
{
    return gd_dot(gd_select(x[0], 0, 0), gd_select(x[1], 0, 1));
}
static gd_tensor *stacked(gd_tensor *const *x)
{
    return gd_stack(gd_list(x[0], x[1], x[0]), 1);
}
static gd_tensor *flipped(gd_tensor *const *x)
{
    return gd_flip(gd_mul(x[0], x[1]), gd_axes(0, 1));
}
static gd_tensor *sorted(gd_tensor *const *x)
{
    return gd_mul(gd_sort(x[0], 1, false), x[1]);
}
static gd_tensor *largest(gd_tensor *const *x)
{
    return gd_topk(x[0], 2, 1, true);
}
static gd_tensor *larger(gd_tensor *const *x)
{
    return gd_maximum_scalar(x[0], 0.2);
}
static gd_tensor *squared_error(gd_tensor *const *x)
{
    return gd_mse(x[0], x[1]);
}
static gd_tensor *absolute_error(gd_tensor *const *x)
{
    return gd_l1(x[0], x[1], .reduction = GD_REDUCE_SUM);
}
static gd_tensor *huber(gd_tensor *const *x)
{
    return gd_huber(x[0], x[1], 0.5);
}
static gd_tensor *logits(gd_tensor *const *x)
{
    return gd_bce_with_logits(x[0], gd_sigmoid(x[1]));
}
static gd_tensor *classes(gd_tensor *const *x)
{
    return gd_cross_entropy(x[0], gd_softmax(x[1], 1));
}
static gd_tensor *smoothed(gd_tensor *const *x)
{
    gd_tensor *labels = gd_arange(gd_context_of(x[0]), GD_DEFAULT, 3);
    return gd_cross_entropy(x[0], labels, .label_smoothing = 0.1);
}
static gd_tensor *added(gd_tensor *const *x)
{
    return gd_index_add(x[0], 0, gd_arange(gd_context_of(x[0]), GD_DEFAULT, 3), x[1]);
}
static gd_tensor *alone(gd_tensor *const *x)
{
    return gd_mul_scalar(x[1], 3);
} /* x[0] is not used: its gradient is 0 */
static gd_tensor *twice(gd_tensor *const *x)
{
    return gd_add(gd_mul(x[0], x[0]), gd_mul(x[0], x[1]));
}

static const struct row {
    const char *name;
    composed *f;
} composed_rows[] = {
    { "var", variance },
    { "std", deviation },
    { "norm", norm_2 },
    { "norm of p 1", norm_1 },
    { "norm of p inf", norm_max },
    { "masked_fill", masked },
    { "outer", outer },
    { "dot", dot },
    { "stack", stacked },
    { "flip", flipped },
    { "sort", sorted },
    { "topk", largest },
    { "maximum_scalar", larger },
    { "mse", squared_error },
    { "l1", absolute_error },
    { "huber", huber },
    { "bce_with_logits", logits },
    { "cross_entropy", classes },
    { "label smoothing", smoothed },
    { "index_add", added },
    { "unused", alone },
    { "used twice", twice },
};

static gd_tensor *call_composed(void *user, gd_tensor *const *in, size_t n)
{
    const struct row *r = user;
    (void)n;
    return r->f(in);
}

static void sweep_composed(sweeping *w)
{
    for (size_t i = 0; i < sizeof composed_rows / sizeof *composed_rows; i++)
        for (int p = 0; p < POINTS; p++) {
            GD_SCOPE(w->g);
            gd_tensor *a = floats(w, (point)p, gd_shape(3, 4), -1.5, 1.5),
                      *b = floats(w, (point)p, gd_shape(3, 4), -1.5, 1.5);
            struct row r = composed_rows[i];
            take(w, gd_gradcheck(w->g, call_composed, gd_list(a, b), .user = &r), r.name, point_names[p]);
        }
}

/* ---- layers ---- */

static gd_layer *layer_of(gd_context *g, int which, const char **name)
{
    static const char *const layers[] = {
        "linear",       "batch_norm",     "batch_norm in evaluation", "layer_norm", "dropout in evaluation",
        "gelu network", "softmax network"
    };
    *name = which < 7 ? layers[which] : NULL;
    switch (which) {
    case 0: return gd_linear(g, 4, 3);
    case 1: return gd_batch_norm(g, 4);
    case 2: return gd_set_training(gd_batch_norm(g, 4), false);
    case 3: return gd_layer_norm(g, gd_shape(4));
    case 4: return gd_set_training(gd_dropout(g, 0.3), false);
    case 5: return gd_sequential(g, gd_linear(g, 4, 5), gd_gelu_layer(g), gd_linear(g, 5, 2));
    default:
        return gd_sequential(g, gd_linear(g, 4, 5), gd_relu_layer(g), gd_batch_norm(g, 5), gd_linear(g, 5, 3),
                             gd_softmax_layer(g, 1));
    }
}

static void sweep_layers(sweeping *w)
{
    for (int i = 0; i < 7; i++)
        for (int single = 0; single < 2; single++) {
            GD_SCOPE(w->g);
            const char *name;
            gd_set_default_dtype(w->g, single ? GD_FLOAT32 : GD_FLOAT64);
            gd_layer *layer = gd_init(layer_of(w->g, i, &name));
            gd_tensor *x = floats(w, single ? IN_FLOAT32 : PLAIN, gd_shape(6, 4), -1.5, 1.5);
            take(w, gd_gradcheck_layer(layer, x), name, single ? " (float32)" : "");
        }
    gd_set_default_dtype(w->g, GD_FLOAT32);
}

void sweep_all(sweep *s, uint64_t seed, bool loud, FILE *to)
{
    sweeping w = { .s = s, .g = gd_open(), .dice = { seed }, .loud = loud, .to = to };
    gd_seed(w.g, GD_RNG_PHILOX, seed);
    sweep_operations(&w);
    sweep_composed(&w);
    sweep_layers(&w);
    gd_close(w.g);
}
