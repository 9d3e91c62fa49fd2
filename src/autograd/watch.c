/* watch.c - which operation first made a number that is not finite of finite ones. */
#include "autograd/watch.h"

#include "tensor/print.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

typedef struct gd__watch {
    gd__object object;
    gd_nonfinite first;
} gd__watch;

static const gd__class watch_class = { "watch", sizeof(gd__watch), NULL };

bool gd_watch_finite(gd_context *g, bool on)
{
    if (!g || g->stand_in)
        return false;
    if (on && !g->watch) {
        g->watch = gd__new(g, &watch_class);
        if (!g->watch)
            return false;
        gd__move(&g->watch->object, 0);
    }
    if (on)
        g->watch->first = (gd_nonfinite){ .found = false };
    g->watching = on;
    return true;
}

const gd_nonfinite *gd_first_nonfinite(const gd_context *g)
{
    static const gd_nonfinite nothing = { .found = false };
    return g && g->watch ? &g->watch->first : &nothing;
}

/* ---- looking ---- */

/* A walk over the elements of a tensor, in row-major order. */
typedef struct search {
    const gd__call
        *call; /* an elementwise one, whose operands must be finite at the place; NULL: any place will do */
    const gd_tensor *t;
    int64_t next; /* the number of the element */
    bool found;
    gd_dims place;
    double value, largest;
} search;

static gd_dims place_of(const gd_tensor *t, int64_t number)
{
    gd_dims place = gd__shape(t);
    for (int i = t->ndim - 1; i >= 0; i--) {
        place.size[i] = number % t->shape[i];
        number /= t->shape[i];
    }
    return place;
}

/* The element of an operand that is broadcast to the place. */
static double number_at(const gd_tensor *t, gd_dims place)
{
    int64_t offset = 0;
    for (int back = 1; back <= t->ndim; back++)
        if (t->shape[t->ndim - back] > 1)
            offset += place.size[place.count - back] * t->stride[t->ndim - back];
    return gd__load((gd_dtype)t->dtype, t->data + offset * (int64_t)gd__dtypes[t->dtype].size);
}

static bool finite_operands_at(const gd__call *call, gd_dims place)
{
    for (int i = 0; i < call->count; i++)
        if (!isfinite(number_at(call->in[i], place)))
            return false;
    return true;
}

static void look(void *user, void *element)
{
    search *s = user;
    int64_t number = s->next++;
    double value = gd__load((gd_dtype)s->t->dtype, element);
    s->largest = fabs(value) > fabs(s->largest) || number == 0 ? value : s->largest;
    if (s->found || isfinite(value))
        return;
    gd_dims place = place_of(s->t, number);
    if (s->call && !finite_operands_at(s->call, place))
        return;
    s->found = true;
    s->place = place;
    s->value = value;
}

static search search_in(const gd_tensor *t, const gd__call *call)
{
    search s = { .call = call, .t = t, .largest = NAN };
    gd__each(t, look, &s);
    return s;
}

static bool finite_numbers(const gd__call *call)
{
    enum { SCALARS = sizeof call->attrs->scalar / sizeof *call->attrs->scalar };
    for (int i = 0; call->attrs && i < SCALARS; i++)
        if (!isfinite(call->attrs->scalar[i]))
            return false;
    return true;
}

bool gd__all_finite(const gd__call *call)
{
    for (int i = 0; i < call->count; i++)
        if (search_in(call->in[i], NULL).found)
            return false;
    return finite_numbers(call);
}

/* ---- writing down ---- */

static void append(gd_nonfinite *n, const char *format, ...)
{
    size_t used = strlen(n->message);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(n->message + used, sizeof n->message - used, format, arguments);
    va_end(arguments);
}

/* With the fewest digits that tell it from its neighbours; `t` is the tensor that it stands in, or NULL. */
static void append_number(gd_nonfinite *n, double number, const gd_tensor *t)
{
    char text[GD__ELEMENT_SIZE];
    gd__write_float(number, t && t->dtype == GD_FLOAT32, text);
    append(n, "%s", text);
}

static void append_head(gd_nonfinite *n, const gd__call *call)
{
    append(n, "%s made ", n->op);
    append_number(n, n->value, NULL);
    append(n, " at [");
    for (int i = 0; i < n->place.count; i++)
        append(n, "%s%lld", i > 0 ? ", " : "", (long long)n->place.size[i]);
    append(n, "]");
    if (call->op->info.is_update)
        append(n, " of %s", n->result);
}

static void note_operand(gd_nonfinite *n, const gd__call *call, int i)
{
    gd_nonfinite_operand *x = &n->operand[n->operands++];
    snprintf(x->name, sizeof x->name, "%s", call->op->info.input[gd__role(call->op, i)]);
    gd__describe(call->in[i], x->tensor);
    x->number = n->elementwise ? number_at(call->in[i], n->place) : search_in(call->in[i], NULL).largest;
    append(n, "%s%s %s ", n->operands > 1 ? ", " : ": ", x->name, n->elementwise ? "=" : "up to");
    append_number(n, n->elementwise ? x->number : fabs(x->number), call->in[i]);
    append(n, " in %s", x->tensor);
}

/* The doubles among an operation's parameters, "gd_tensor *x, double c": the attributes have them in the same order. A user's
 * own operation may have the name of one in the list; the options of an update come in an order of their own. */
static void append_scalars(gd_nonfinite *n, const gd__call *call)
{
    static const char type[] = "double ";
    const gd_function_info *function = gd_function_named(n->op);
    bool listed = function && function->kind == GD_COMPUTED && gd__ops[function->op] == call->op;
    const char *at = listed && call->attrs ? strstr(function->parameters, type) : NULL;
    for (int i = 0; at; i++, at = strstr(at, type)) {
        at += strlen(type);
        append(n, ", %.*s = ", (int)strcspn(at, ","), at);
        append_number(n, call->attrs->scalar[i], NULL);
    }
}

/* Of an update's operands, the one that it only read is still what it was. Nobody needs to look for a second number. */
static void note(const gd__call *call, const search *s)
{
    gd_context *g = call->context;
    gd_nonfinite *n = &g->watch->first;
    bool update = call->op->info.is_update;
    g->watching = false;
    *n = (gd_nonfinite){ .found = true, .place = s->place, .value = s->value, .elementwise = s->call != NULL };
    snprintf(n->op, sizeof n->op, "%s", call->op->info.name);
    snprintf(n->derivative_of, sizeof n->derivative_of, "%s", g->deriving ? g->deriving : "");
    gd__write_place(n->layer, sizeof n->layer, g->place);
    gd__describe(s->t, n->result);
    append_head(n, call);
    for (int i = 0; i < call->count && n->operands < GD_MAX_OPERANDS; i++)
        if (!update || i == GD__READ_ONLY)
            note_operand(n, call, i);
    append_scalars(n, call);
    if (n->derivative_of[0])
        append(n, ", in the derivative of %s", n->derivative_of);
    if (n->layer[0])
        append(n, " [in layer %s]", n->layer);
}

void gd__watch_result(const gd__call *call)
{
    if (call->op->info.is_view || !gd__is_float((gd_dtype)call->out->dtype))
        return;
    search s = search_in(call->out, call->op->elementwise ? call : NULL);
    if (s.found && (s.call ? finite_numbers(call) : gd__all_finite(call)))
        note(call, &s);
}

void gd__watch_update(const gd__call *call)
{
    for (int i = 0; i < call->count && call->context->watching; i++) {
        search s = search_in(call->in[i], NULL);
        if (s.found && i != GD__READ_ONLY)
            note(call, &s);
    }
}
