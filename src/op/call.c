/* call.c - any function of the list by its name, with arguments that say what they are. */
#include "op/op.h"

#include <string.h>

/* A function of the list, the way to call it, and its parameters. */
typedef struct function function;
typedef struct reader reader;
typedef gd_tensor *caller(const function *f, reader *r);

struct function {
    gd_function_info info;
    void (*address)(void);
    caller *call;
};

/* The arguments, taken one by one. */
struct reader {
    gd_context *context;
    const function *function;
    int count, next;
    const gd_argument *item;
    bool good;
};

/* ---- taking arguments ---- */

static const char *const kinds[] = { [GD_ARGUMENT_TENSOR] = "a tensor", [GD_ARGUMENT_TENSORS] = "a list of tensors",
                                     [GD_ARGUMENT_NUMBER] = "a number", [GD_ARGUMENT_INTEGER] = "an integer",
                                     [GD_ARGUMENT_DIMS] = "a shape" };

static const char *kind_name(const gd_argument *a)
{
    bool known = a->kind >= GD_ARGUMENT_TENSOR && a->kind <= GD_ARGUMENT_DIMS;
    return known ? kinds[a->kind] : "nothing";
}

static void refuse(reader *r, const char *expected, const char *found)
{
    const gd_function_info *info = &r->function->info;
    if (r->good)
        gd__fail(r->context,
                 (gd__fault){ .status = GD_ERROR_VALUE, .op = info->name, .remedy = "gd_function_named tells the parameters" },
                 "argument %d of %s(%s) must be %s, not %s", r->next, info->name, info->parameters, expected, found);
    r->good = false;
}

/* The next argument; one that is missing is of no kind. */
static const gd_argument *take(reader *r)
{
    static const gd_argument missing = { .kind = GD_ARGUMENT_NONE };
    return r->next++ < r->count ? &r->item[r->next - 1] : &missing;
}

static bool is_left(const reader *r)
{
    return r->next < r->count;
}

static gd_tensor *tensor(reader *r)
{
    const gd_argument *a = take(r);
    if (a->kind != GD_ARGUMENT_TENSOR)
        refuse(r, kinds[GD_ARGUMENT_TENSOR], kind_name(a));
    return a->tensor;
}

static gd_tensor *tensor_or_none(reader *r)
{
    return is_left(r) ? tensor(r) : NULL;
}

static gd_tensors tensors(reader *r)
{
    const gd_argument *a = take(r);
    if (a->kind != GD_ARGUMENT_TENSORS)
        refuse(r, kinds[GD_ARGUMENT_TENSORS], kind_name(a));
    return a->tensors;
}

static double number(reader *r)
{
    const gd_argument *a = take(r);
    if (a->kind != GD_ARGUMENT_NUMBER && a->kind != GD_ARGUMENT_INTEGER)
        refuse(r, kinds[GD_ARGUMENT_NUMBER], kind_name(a));
    return a->kind == GD_ARGUMENT_INTEGER ? (double)a->integer : a->number;
}

static double number_or(reader *r, double otherwise)
{
    return is_left(r) ? number(r) : otherwise;
}

static int64_t integer(reader *r)
{
    const gd_argument *a = take(r);
    bool whole = a->kind == GD_ARGUMENT_NUMBER && a->number == (double)gd__whole(a->number);
    if (a->kind != GD_ARGUMENT_INTEGER && !whole)
        refuse(r, kinds[GD_ARGUMENT_INTEGER], kind_name(a));
    return whole ? gd__whole(a->number) : a->integer;
}

static int small(reader *r)
{
    int64_t value = integer(r);
    if (value < INT32_MIN || value > INT32_MAX)
        refuse(r, "a small integer", "a large one");
    return (int)value;
}

static bool flag(reader *r)
{
    return is_left(r) && integer(r) != 0;
}

static gd_dims dims(reader *r)
{
    const gd_argument *a = take(r);
    if (a->kind != GD_ARGUMENT_DIMS)
        refuse(r, kinds[GD_ARGUMENT_DIMS], kind_name(a));
    return a->dims;
}

static gd_dims dims_or_all(reader *r)
{
    return is_left(r) ? dims(r) : gd_axes();
}

/* All taken, and none left over? */
static bool complete(reader *r)
{
    if (r->good && r->next < r->count) {
        r->next++;
        refuse(r, "the last but one", "one too many");
    }
    return r->good;
}

/* ---- one way of calling for each kind of signature ---- */

#define CALL(type, ...) (complete(r) ? ((gd_tensor * (*)type) f->address)(__VA_ARGS__) : gd__error_object(r->context))

static gd_tensor *call_t(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    return CALL((gd_tensor *), x);
}

static gd_tensor *call_tt(const function *f, reader *r)
{
    gd_tensor *a = tensor(r);
    gd_tensor *b = tensor(r);
    return CALL((gd_tensor *, gd_tensor *), a, b);
}

static gd_tensor *call_ttt(const function *f, reader *r)
{
    gd_tensor *a = tensor(r);
    gd_tensor *b = tensor(r);
    gd_tensor *c = tensor(r);
    return CALL((gd_tensor *, gd_tensor *, gd_tensor *), a, b, c);
}

static gd_tensor *call_tn(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    double c = number(r);
    return CALL((gd_tensor *, double), x, c);
}

static gd_tensor *call_tnn(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    double a = number(r);
    double b = number(r);
    return CALL((gd_tensor *, double, double), x, a, b);
}

static gd_tensor *call_ttn(const function *f, reader *r)
{
    gd_tensor *a = tensor(r);
    gd_tensor *b = tensor(r);
    double c = number(r);
    return CALL((gd_tensor *, gd_tensor *, double), a, b, c);
}

static gd_tensor *call_td(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    gd_dims shape = dims(r);
    return CALL((gd_tensor *, gd_dims), x, shape);
}

static gd_tensor *call_ti(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int dim = small(r);
    return CALL((gd_tensor *, int), x, dim);
}

static gd_tensor *call_tii(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int a = small(r);
    int b = small(r);
    return CALL((gd_tensor *, int, int), x, a, b);
}

static gd_tensor *call_tl(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int64_t n = integer(r);
    return CALL((gd_tensor *, int64_t), x, n);
}

static gd_tensor *call_tib(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int dim = small(r);
    bool turned = integer(r) != 0;
    return CALL((gd_tensor *, int, bool), x, dim, turned);
}

static gd_tensor *call_tlib(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int64_t k = integer(r);
    int dim = small(r);
    bool turned = integer(r) != 0;
    return CALL((gd_tensor *, int64_t, int, bool), x, k, dim, turned);
}

static gd_tensor *call_tit(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int dim = small(r);
    gd_tensor *index = tensor(r);
    return CALL((gd_tensor *, int, gd_tensor *), x, dim, index);
}

static gd_tensor *call_titt(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int dim = small(r);
    gd_tensor *index = tensor(r);
    gd_tensor *source = tensor(r);
    return CALL((gd_tensor *, int, gd_tensor *, gd_tensor *), x, dim, index, source);
}

static gd_tensor *call_tddn(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    gd_dims before = dims(r);
    gd_dims after = dims(r);
    double value = number(r);
    return CALL((gd_tensor *, gd_dims, gd_dims, double), x, before, after, value);
}

static gd_tensor *call_til(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int dim = small(r);
    int64_t at = integer(r);
    return CALL((gd_tensor *, int, int64_t), x, dim, at);
}

static gd_tensor *call_tilll(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    int dim = small(r);
    int64_t a = integer(r);
    int64_t b = integer(r);
    int64_t c = integer(r);
    return CALL((gd_tensor *, int, int64_t, int64_t, int64_t), x, dim, a, b, c);
}

static gd_tensor *call_tdill(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    gd_dims shape = dims(r);
    int dim = small(r);
    int64_t a = integer(r);
    int64_t b = integer(r);
    return CALL((gd_tensor *, gd_dims, int, int64_t, int64_t), x, shape, dim, a, b);
}

static gd_tensor *call_ttll(const function *f, reader *r)
{
    gd_tensor *a = tensor(r);
    gd_tensor *b = tensor(r);
    int64_t m = integer(r);
    int64_t n = integer(r);
    return CALL((gd_tensor *, gd_tensor *, int64_t, int64_t), a, b, m, n);
}

static gd_tensor *call_ty(const function *f, reader *r)
{
    gd_tensor *x = tensor(r);
    gd_dtype dtype = (gd_dtype)small(r);
    return CALL((gd_tensor *, gd_dtype), x, dtype);
}

static gd_tensor *call_li(const function *f, reader *r)
{
    gd_tensors x = tensors(r);
    int dim = small(r);
    return CALL((gd_tensors, int), x, dim);
}

/* Structs are given field by field. */

static gd_tensor *call_reduction(const function *f, reader *r)
{
    gd_reduction args = { .x = tensor(r) };
    args.axes = dims_or_all(r);
    args.keepdim = flag(r);
    return CALL((gd_reduction), args);
}

static gd_tensor *call_along(const function *f, reader *r)
{
    gd_along args = { .x = tensor(r) };
    args.dim = small(r);
    args.keepdim = flag(r);
    return CALL((gd_along), args);
}

static gd_tensor *call_var(const function *f, reader *r)
{
    gd_var_options options = { .x = tensor(r) };
    options.axes = dims_or_all(r);
    options.keepdim = flag(r);
    options.population = flag(r);
    return CALL((gd_var_options), options);
}

static gd_tensor *call_norm(const function *f, reader *r)
{
    gd_norm_options options = { .x = tensor(r) };
    options.axes = dims_or_all(r);
    options.keepdim = flag(r);
    options.p = number_or(r, 0);
    return CALL((gd_norm_options), options);
}

static gd_loss_reduction reduction_or_mean(reader *r)
{
    return is_left(r) ? (gd_loss_reduction)small(r) : GD_REDUCE_MEAN;
}

static gd_tensor *call_loss(const function *f, reader *r)
{
    gd_loss args = { .x = tensor(r) };
    args.t = tensor(r);
    args.reduction = reduction_or_mean(r);
    args.weight = tensor_or_none(r);
    return CALL((gd_loss), args);
}

static gd_tensor *call_huber(const function *f, reader *r)
{
    gd_huber_loss args = { .x = tensor(r) };
    args.t = tensor(r);
    args.delta = number(r);
    args.reduction = reduction_or_mean(r);
    args.weight = tensor_or_none(r);
    return CALL((gd_huber_loss), args);
}

static gd_tensor *call_logit_loss(const function *f, reader *r)
{
    gd_logit_loss args = { .x = tensor(r) };
    args.t = tensor(r);
    args.reduction = reduction_or_mean(r);
    args.weight = tensor_or_none(r);
    args.pos_weight = tensor_or_none(r);
    return CALL((gd_logit_loss), args);
}

static gd_tensor *call_class_loss(const function *f, reader *r)
{
    gd_class_loss args = { .x = tensor(r) };
    args.t = tensor(r);
    args.reduction = reduction_or_mean(r);
    args.weight = tensor_or_none(r);
    args.label_smoothing = number_or(r, 0);
    args.ignore_index = is_left(r) ? integer(r) : GD__IGNORED;
    return CALL((gd_class_loss), args);
}

static gd_tensor *call_sgd(const function *f, reader *r)
{
    gd_tensor *p = tensor(r), *d = tensor(r), *m = tensor_or_none(r);
    gd_sgd_rule rule = { .lr = number(r) };
    rule.momentum = number_or(r, 0);
    rule.dampening = number_or(r, 0);
    rule.weight_decay = number_or(r, 0);
    rule.nesterov = flag(r);
    rule.maximize = flag(r);
    rule.first = flag(r);
    return CALL((gd_tensor *, gd_tensor *, gd_tensor *, gd_sgd_rule), p, d, m, rule);
}

static gd_tensor *call_adagrad(const function *f, reader *r)
{
    gd_tensor *p = tensor(r), *d = tensor(r), *sum = tensor(r);
    gd_adagrad_rule rule = { .lr = number(r) };
    rule.lr_decay = number_or(r, 0);
    rule.weight_decay = number_or(r, 0);
    rule.eps = number_or(r, 1e-10);
    rule.maximize = flag(r);
    rule.step = is_left(r) ? integer(r) : 1;
    return CALL((gd_tensor *, gd_tensor *, gd_tensor *, gd_adagrad_rule), p, d, sum, rule);
}

static gd_tensor *call_rmsprop(const function *f, reader *r)
{
    gd_tensor *p = tensor(r), *d = tensor(r), *v = tensor(r), *mean = tensor(r), *m = tensor(r);
    gd_rmsprop_rule rule = { .lr = number(r) };
    rule.alpha = number_or(r, 0.99);
    rule.eps = number_or(r, 1e-8);
    rule.weight_decay = number_or(r, 0);
    rule.momentum = number_or(r, 0);
    rule.maximize = flag(r);
    return CALL((gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_rmsprop_rule), p, d, v, mean, m, rule);
}

static gd_tensor *call_adam(const function *f, reader *r)
{
    gd_tensor *p = tensor(r), *d = tensor(r), *m = tensor(r), *v = tensor(r), *largest = tensor(r);
    gd_adam_rule rule = { .lr = number(r) };
    rule.beta1 = number_or(r, 0.9);
    rule.beta2 = number_or(r, 0.999);
    rule.eps = number_or(r, 1e-8);
    rule.weight_decay = number_or(r, 0);
    rule.decoupled = flag(r);
    rule.maximize = flag(r);
    rule.step = is_left(r) ? integer(r) : 1;
    return CALL((gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_adam_rule), p, d, m, v, largest, rule);
}

/* ---- the table, made from the list ---- */

/* Which of the ways fits is told by the function's type: a new type that fits none does not compile. */
#define CALLER(name) \
    _Generic(&gd_##name, \
             gd_tensor *(*)(gd_tensor *): call_t, \
             gd_tensor *(*)(gd_tensor *, gd_tensor *): call_tt, \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *): call_ttt, \
             gd_tensor *(*)(gd_tensor *, double): call_tn, \
             gd_tensor *(*)(gd_tensor *, double, double): call_tnn, \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, double): call_ttn, \
             gd_tensor *(*)(gd_tensor *, gd_dims): call_td, \
             gd_tensor *(*)(gd_tensor *, int): call_ti, \
             gd_tensor *(*)(gd_tensor *, int, int): call_tii, \
             gd_tensor *(*)(gd_tensor *, int64_t): call_tl, \
             gd_tensor *(*)(gd_tensor *, int, bool): call_tib, \
             gd_tensor *(*)(gd_tensor *, int64_t, int, bool): call_tlib, \
             gd_tensor *(*)(gd_tensor *, int, gd_tensor *): call_tit, \
             gd_tensor *(*)(gd_tensor *, int, gd_tensor *, gd_tensor *): call_titt, \
             gd_tensor *(*)(gd_tensor *, gd_dims, gd_dims, double): call_tddn, \
             gd_tensor *(*)(gd_tensor *, int, int64_t): call_til, \
             gd_tensor *(*)(gd_tensor *, int, int64_t, int64_t, int64_t): call_tilll, \
             gd_tensor *(*)(gd_tensor *, gd_dims, int, int64_t, int64_t): call_tdill, \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, int64_t, int64_t): call_ttll, \
             gd_tensor *(*)(gd_tensor *, gd_dtype): call_ty, \
             gd_tensor *(*)(gd_tensors, int): call_li, \
             gd_tensor *(*)(gd_reduction): call_reduction, \
             gd_tensor *(*)(gd_along): call_along, \
             gd_tensor *(*)(gd_var_options): call_var, \
             gd_tensor *(*)(gd_norm_options): call_norm, \
             gd_tensor *(*)(gd_loss): call_loss, \
             gd_tensor *(*)(gd_huber_loss): call_huber, \
             gd_tensor *(*)(gd_logit_loss): call_logit_loss, \
             gd_tensor *(*)(gd_class_loss): call_class_loss, \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *, gd_adagrad_rule): call_adagrad, \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_rmsprop_rule): call_rmsprop, \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_adam_rule): call_adam, \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *, gd_sgd_rule): call_sgd)

/* The fields of a struct, or the parameters as they stand in the list. */
#define PARAMETERS(name, text) \
    _Generic(&gd_##name, \
             gd_tensor *(*)(gd_reduction): "gd_tensor *x, gd_dims axes, bool keepdim", \
             gd_tensor *(*)(gd_along): "gd_tensor *x, int dim, bool keepdim", \
             gd_tensor *(*)(gd_var_options): "gd_tensor *x, gd_dims axes, bool keepdim, bool population", \
             gd_tensor *(*)(gd_norm_options): "gd_tensor *x, gd_dims axes, bool keepdim, double p", \
             gd_tensor *(*)(gd_loss): "gd_tensor *x, gd_tensor *t, gd_loss_reduction reduction, gd_tensor *weight", \
             gd_tensor *(*)(gd_huber_loss): \
                 "gd_tensor *x, gd_tensor *t, double delta, gd_loss_reduction reduction, gd_tensor *weight", \
             gd_tensor *(*)(gd_logit_loss): \
                 "gd_tensor *x, gd_tensor *t, gd_loss_reduction reduction, gd_tensor *weight, gd_tensor *pos_weight", \
             gd_tensor *(*)(gd_class_loss): \
                 "gd_tensor *x, gd_tensor *t, gd_loss_reduction reduction, gd_tensor *weight, double label_smoothing, " \
                 "int64_t ignore_index", \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *, gd_adagrad_rule): \
                 "gd_tensor *p, gd_tensor *d, gd_tensor *sum, double lr, double lr_decay, double weight_decay, double eps, " \
                 "bool maximize, int64_t step", \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_rmsprop_rule): \
                 "gd_tensor *p, gd_tensor *d, gd_tensor *v, gd_tensor *mean, gd_tensor *m, double lr, double alpha, " \
                 "double eps, double weight_decay, double momentum, bool maximize", \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_tensor *, gd_adam_rule): \
                 "gd_tensor *p, gd_tensor *d, gd_tensor *m, gd_tensor *v, gd_tensor *largest, double lr, double beta1, " \
                 "double beta2, double eps, double weight_decay, bool decoupled, bool maximize, int64_t step", \
             gd_tensor *(*)(gd_tensor *, gd_tensor *, gd_tensor *, gd_sgd_rule): \
                 "gd_tensor *p, gd_tensor *d, gd_tensor *m, double lr, double momentum, double dampening, " \
                 "double weight_decay, bool nesterov, bool maximize, bool first", \
             default: text)

/* The text is made at once: later bool would have become _Bool. */
#define ROW(name, kind, op, text) \
    { { #name, PARAMETERS(name, text), kind, op }, (void (*)(void))gd_##name, CALLER(name) },
#define GD_OP(name, ...) ROW(name, GD_COMPUTED, GD__OP_##name, #__VA_ARGS__)
#define GD_VIEW(name, ...) ROW(name, GD_VIEWED, GD__OP_##name, #__VA_ARGS__)
#define GD_UPDATE(name, ...) ROW(name, GD_UPDATED, GD__OP_##name, #__VA_ARGS__)
#define GD_FN(name, ...) ROW(name, GD_COMPOSED, -1, #__VA_ARGS__)
static const function functions[] = {
#include "gradus/ops.inc"
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

int gd_function_count(void)
{
    return FUNCTIONS;
}

const gd_function_info *gd_function_at(int index)
{
    return index >= 0 && index < FUNCTIONS ? &functions[index].info : NULL;
}

static const function *find(const char *name)
{
    for (int i = 0; name && i < FUNCTIONS; i++)
        if (strcmp(functions[i].info.name, name) == 0)
            return &functions[i];
    return NULL;
}

const gd_function_info *gd_function_named(const char *name)
{
    const function *f = find(name);
    return f ? &f->info : NULL;
}

gd_argument gd_argument_tensor(gd_tensor *x)
{
    return (gd_argument){ .kind = GD_ARGUMENT_TENSOR, .tensor = x };
}

gd_argument gd_argument_tensors(gd_tensors x)
{
    return (gd_argument){ .kind = GD_ARGUMENT_TENSORS, .tensors = x };
}

gd_argument gd_argument_number(double x)
{
    return (gd_argument){ .kind = GD_ARGUMENT_NUMBER, .number = x };
}

gd_argument gd_argument_integer(int64_t x)
{
    return (gd_argument){ .kind = GD_ARGUMENT_INTEGER, .integer = x };
}

gd_argument gd_argument_dims(gd_dims x)
{
    return (gd_argument){ .kind = GD_ARGUMENT_DIMS, .dims = x };
}

gd_tensor *gd_call_with(gd_context *g, const char *name, int count, const gd_argument *arguments)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    const function *f = find(name);
    if (!f)
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_call", "gd_function_at walks over all that there are" },
                        "there is no function of the name '%s'", name ? name : "NULL");
    reader r = { g, f, arguments ? count : 0, 0, arguments, true };
    return f->call(f, &r);
}
