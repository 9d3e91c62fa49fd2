/* gradient.c - derivatives, against differences of the reference's own evaluation.
 *
 * The reference keeps each recorded call with the numbers that its operands had then. To move x by h v is to evaluate
 * every call between x and y once more with its operands moved by as much as the calls before moved theirs. So what is
 * differentiated is what the tape recorded, even where somebody wrote over the numbers since.
 *
 * Tolerances. The reference computes in long doubles and h is 2^-13, so a central difference is off by about h^2 y'''/6
 * from the slope, and by 1e-16 / h = 1e-12 for the doubles on the way; from two steps, h and h/2, the first of both is
 * taken out, and where they disagree the function is not smooth there and nothing is compared. All
 * numbers on the way are at most 100, so that a rule's own roundings, a few products of such numbers in float64, stay
 * below 1e-9: a derivative may be off by 1e-6 of all that was added up. */
#include "fuzz/parts/world.h"

#include <math.h>
#include <string.h>

enum { MOST_LEAVES = 64, MOST_NODES = MOST_STEPS };

/* What is asked: the gradients of y, weighted by dy, with respect to all x. */
typedef struct asking {
    object *y, *dy;
    int count;
    object *x[MOST_LEAVES];
    int nodes;
    node *node[MOST_NODES]; /* those between them, the newest first */
    bool muddy;             /* the history is not known in all */
    bool dirty;             /* numbers were written over since */
    bool spent;             /* a backward went through one of them before */
    bool hooked;
    arena scratch;
} asking;

static const drawn *argument_at(const world *w, int at, int i)
{
    return &w->program->step[at].argument[i];
}

/* ---- what y was made of ---- */

static bool flows_to(const node *n, int k)
{
    bool list = n->question.argument[0].kind == GD_ARGUMENT_TENSORS;
    return n->r->differentiable >> (list ? 0 : k) & 1 && n->operand[k]->requires_grad;
}

static void need(asking *a, object *o)
{
    a->muddy = a->muddy || o->muddy || (o->node && o->node->gone);
    a->hooked = a->hooked || o->factor != 1;
    if (o->node)
        o->node->needed = true;
}

static void trace(world *w, asking *a)
{
    for (node *n = w->nodes; n; n = n->previous)
        n->needed = false;
    need(a, a->y);
    for (node *n = w->nodes; n; n = n->previous) {
        if (!n->needed)
            continue;
        a->node[a->nodes++] = n;
        a->dirty = a->dirty || n->dirty;
        a->spent = a->spent || n->spent;
        for (int k = 0; k < n->operands; k++)
            if (flows_to(n, k))
                need(a, n->operand[k]);
    }
}

static bool is_among(const asking *a, const object *o)
{
    for (int i = 0; i < a->count; i++)
        if (a->x[i] == o)
            return true;
    return false;
}

/* All leaves that a gradient of y flows to. */
static void ask_leaves(asking *a)
{
    if (!a->y->node && a->y->requires_grad)
        a->x[a->count++] = a->y;
    for (int i = 0; i < a->nodes; i++)
        for (int k = 0; k < a->node[i]->operands; k++) {
            object *o = a->node[i]->operand[k];
            if (flows_to(a->node[i], k) && !o->node && !is_among(a, o) && a->count < MOST_LEAVES)
                a->x[a->count++] = o;
        }
}

/* ---- moving ---- */

static number *zeros(asking *a, const object *o)
{
    return take(&a->scratch, (size_t)o->value->count * sizeof(number));
}

/* How far x itself is moved, besides what moves it. */
static void push(asking *a, object *o, number h)
{
    if (o->direction && !o->delta)
        o->delta = zeros(a, o);
    for (int64_t i = 0; o->delta && i < o->value->count; i++)
        o->delta[i] = o->factor * (o->delta[i] + (o->direction ? h * o->direction[i] : 0));
}

static value *moved(asking *a, const value *x, const number *delta)
{
    value *y = new_value(&a->scratch, x->dtype, x->shape);
    for (int64_t i = 0; i < x->count; i++)
        put(y, i, get(x, i) + delta[i]);
    return y;
}

static const value *evaluate(asking *a, const node *n, bool move)
{
    question q = n->question;
    q.memory = &a->scratch;
    for (int k = 0; k < n->operands; k++) {
        value **stands = (value **)((char *)&q + ((char *)n->snapshot[k] - (const char *)&n->question));
        if (move && n->operand[k]->delta)
            *stands = moved(a, *stands, n->operand[k]->delta);
    }
    n->r->evaluate(&q, n->r);
    return q.faults || !q.y ? NULL : q.y;
}

/* How far the result of one call moves; false where it can't be had there. */
static bool move_result(asking *a, node *n)
{
    bool moves = false;
    for (int k = 0; k < n->operands; k++)
        moves = moves || n->operand[k]->delta;
    if (!moves)
        return true;
    const value *there = evaluate(a, n, true), *here = evaluate(a, n, false);
    if (!there || !here)
        return false;
    n->out->delta = zeros(a, n->out);
    for (int64_t i = 0; i < there->count; i++) {
        n->out->delta[i] = get(there, i) - get(here, i);
        if (!isfinite(n->out->delta[i]))
            return false;
    }
    return true;
}

/* sum(dy * y) moves by *by when all x move by h times their direction. */
static bool move_all(asking *a, number h, number *by)
{
    bool good = true;
    for (int i = 0; i < a->nodes; i++)
        for (int k = 0; k < a->node[i]->operands; k++)
            a->node[i]->operand[k]->delta = NULL;
    a->y->delta = NULL;
    for (int i = 0; i < a->count; i++) {
        a->x[i]->delta = NULL;
        if (!a->x[i]->node)
            push(a, a->x[i], h);
    }
    for (int i = a->nodes - 1; good && i >= 0; i--) {
        good = move_result(a, a->node[i]);
        push(a, a->node[i]->out, h);
    }
    *by = 0;
    for (int64_t i = 0; good && a->y->delta && i < a->y->value->count; i++)
        *by += a->y->delta[i] * (a->dy ? get(a->dy->value, i) : 1);
    release(&a->scratch);
    return good;
}

/* ---- slopes ---- */

static bool near(number a, number b, number tolerance)
{
    return fabsl(a - b) <= tolerance;
}

/* What tells of a kink, in the function or in its slope: central differences of two steps that do not agree, and
 * differences to both sides that do not come together as the step is halved. */
#define KINK 5e-7L

/* The slope, where the function is smooth. */
static bool slope_of(asking *a, number *slope)
{
    const number h = 1 / 8192.0L;
    number ahead[2], behind[2], middle[2], bend[2];
    for (int i = 0; i < 2; i++) {
        number far = h / (1 << i);
        if (!move_all(a, far, &ahead[i]) || !move_all(a, -far, &behind[i]))
            return false;
        middle[i] = (ahead[i] - behind[i]) / (2 * far);
        bend[i] = (ahead[i] + behind[i]) / far;
    }
    number size = 1 + fabsl(middle[1]);
    *slope = (4 * middle[1] - middle[0]) / 3;
    return near(middle[0], middle[1], KINK * size) && near(2 * bend[1], bend[0], KINK * size);
}

/* No number on the way is large or next to 0, and all that is differentiated is float64. */
static bool is_tame_value(const value *v)
{
    for (int64_t i = 0; i < v->count; i++)
        if (!(fabsl(get(v, i)) <= 100) || (get(v, i) != 0 && fabsl(get(v, i)) < 1e-6L))
            return false;
    return true;
}

/* A norm's p next to 0 leaves nothing of its numbers in |x|^p. */
static bool has_tame_numbers(const question *q)
{
    for (int i = 0; i < q->count; i++) {
        double size = fabs(q->argument[i].real);
        if (q->argument[i].kind == GD_ARGUMENT_NUMBER && (!(size <= 100) || (size != 0 && size < 1e-9)))
            return false;
    }
    return true;
}

static bool is_tame(asking *a)
{
    bool tame = a->y->value->dtype == GD_FLOAT64 && (!a->dy || is_tame_value(a->dy->value)) && is_tame_value(a->y->value);
    for (int i = 0; tame && i < a->nodes; i++) {
        node *n = a->node[i];
        const value *y = evaluate(a, n, false);
        tame = has_tame_numbers(&n->question) && y && y->dtype == GD_FLOAT64 && is_tame_value(y);
        for (int k = 0; tame && k < n->operands; k++)
            tame = is_tame_value(*n->snapshot[k]) && (!flows_to(n, k) || (*n->snapshot[k])->dtype == GD_FLOAT64);
    }
    for (int i = 0; tame && i < a->count; i++)
        tame = a->x[i]->value->dtype == GD_FLOAT64;
    release(&a->scratch);
    return tame;
}

static number *direction(world *w, const object *o, uint64_t seed)
{
    number *to = take(&w->memory, (size_t)o->value->count * sizeof *to);
    dice d = { seed * 977 + (uint64_t)o->value->count };
    for (int64_t i = 0; i < o->value->count; i++)
        to[i] = (number)between(&d, -1000, 1000) / 1000;
    return to;
}

static void aim(world *w, asking *a, uint64_t seed)
{
    for (int i = 0; i < a->count; i++)
        a->x[i]->direction = direction(w, a->x[i], seed + (uint64_t)i);
}

static void forget_aim(asking *a)
{
    for (int i = 0; i < a->count; i++)
        a->x[i]->direction = NULL;
}

/* sum(dx * direction), and the sum of the sizes of its terms. */
static void along(const asking *a, number *const *dx, number *sum, number *sizes)
{
    *sum = *sizes = 0;
    for (int i = 0; i < a->count; i++) {
        bool first = true; /* of the same tensor, asked twice, both gradients are the whole one */
        for (int k = 0; k < i; k++)
            first = first && a->x[k] != a->x[i];
        for (int64_t j = 0; first && j < a->x[i]->value->count; j++) {
            *sum += dx[i][j] * a->x[i]->direction[j];
            *sizes += fabsl(dx[i][j] * a->x[i]->direction[j]);
        }
    }
}

/* The result of one call, its operands moved at random: does it change smoothly there? */
static bool is_smooth_there(asking *a, node *n, dice *d)
{
    number change[4] = { 0 };
    for (int k = 0; k < n->operands; k++)
        n->operand[k]->delta = NULL;
    for (int c = 0; c < 4; c++) {
        dice same = *d;
        for (int k = 0; k < n->operands; k++) {
            object *o = n->operand[k];
            o->delta = flows_to(n, k) ? zeros(a, o) : NULL;
            for (int64_t i = 0; o->delta && i < o->value->count; i++)
                o->delta[i] = (number)between(&same, -999, 1000) / 1000 / (c & 2 ? -8192.0L : 8192.0L) / (c & 1 ? 2 : 1);
        }
        const value *there = evaluate(a, n, true), *here = evaluate(a, n, false);
        for (int64_t i = 0; there && here && i < there->count; i++)
            change[c] += (get(there, i) - get(here, i)) * (number)(i + 1);
    }
    number first = (change[0] - change[2]) * 4096, second = (change[1] - change[3]) * 8192;
    number bend = (change[0] + change[2]) * 8192, less = (change[1] + change[3]) * 16384;
    number size = 1 + fabsl(second);
    return near(first, second, KINK * size) && near(2 * less, bend, KINK * size);
}

/* A function that is smooth as a whole may be none in its parts: a rule divides by zero where all stands still, two kinks take
 * each other away. Gradients say nothing there. */
static bool is_smooth_on_the_way(asking *a)
{
    dice d = { 20261122 };
    bool smooth = true;
    for (int i = 0; smooth && i < a->nodes; i++)
        smooth = is_smooth_there(a, a->node[i], &d);
    release(&a->scratch);
    return smooth;
}

static void check_slope(world *w, asking *a, number *const *dx, const char *what)
{
    number slope = 0, got, sizes;
    if (!is_tame(a) || !slope_of(a, &slope)) {
        w->tally->skipped++;
        return;
    }
    along(a, dx, &got, &sizes);
    bool good = near(got, slope, 1e-6L * (1 + sizes + fabsl(slope)));
    if (!good && !is_smooth_on_the_way(a)) {
        w->tally->skipped++;
        return;
    }
    w->tally->gradients++;
    if (!good)
        complain(w, "%s: along a random direction the gradient is %.12Lg, the reference's slope is %.12Lg", what, got, slope);
}

/* ---- asking the library ---- */

/* The faults that a y and its dy have in themselves. `gathered`: a leaf may be its own y, and its gradient is dy. */
static unsigned faults_of(const asking *a, bool gathered)
{
    bool fits = a->dy ? same_dims(a->dy->value->shape, a->y->value->shape) : a->y->value->count == 1;
    bool flows = (a->y->requires_grad && (a->y->node || gathered)) || is_among(a, a->y);
    return fits && flows ? 0 : 1u << GD_ERROR_STATE;
}

static bool take_y(const world *w, int at, asking *a)
{
    int dy = argument_at(w, at, 1)->slot;
    a->y = object_at(w, argument_at(w, at, 0)->slot);
    a->dy = object_at(w, dy);
    return is_alive(a->y) && (dy < 0 || is_alive(a->dy));
}

static number *numbers_read(world *w, const gd_tensor *t, const object *like)
{
    number *to = take(&w->memory, (size_t)like->value->count * sizeof *to);
    gd_dims shape = gd_sizes(t);
    if (!same_dims(shape, like->value->shape) || gd_dtype_of(t) != like->value->dtype)
        complain(w, "a gradient of %s has another shape or dtype (%s) than its tensor", gd_dtype_name(like->value->dtype),
                 gd_dtype_name(gd_dtype_of(t)));
    else if (!read_numbers(t, like->value->count, to))
        complain(w, "a gradient can't be read: %s", gd_message(w->g));
    return to;
}

static void add_gradient(world *w, int slot, gd_tensor *dx, const object *x, const number *numbers, bool recorded)
{
    w->failed_before = gd_failed(w->g);
    gd_tensor *own = recorded ? gd_clone(dx) : dx; /* it may be dy itself, or a view of it */
    if (!judge(w, "gd_clone", gd_is_tensor(own), 0, false))
        return;
    value *v = new_value(&w->memory, x->value->dtype, x->value->shape);
    memcpy(v->buffer, numbers, (size_t)v->count * sizeof *numbers);
    object *o = add_object(w, slot, own, v, gd_requires_grad(own));
    o->muddy = o->requires_grad;
    if (o->requires_grad && !recorded)
        complain(w, "a gradient that was not to be differentiated requires one");
}

static void take_gradients(world *w, int at, asking *a, gd_tensor *const *dx, bool recorded, bool check)
{
    number *numbers[MOST_LISTED];
    for (int i = 0; i < a->count; i++)
        numbers[i] = numbers_read(w, dx[i], a->x[i]);
    if (check && !w->bad)
        check_slope(w, a, numbers, "gd_gradient");
    for (int i = 0; !w->bad && i < a->count && i < MOST_RESULTS; i++)
        add_gradient(w, at * MOST_RESULTS + i, dx[i], a->x[i], numbers[i], recorded);
}

/* y, dy, x ..., differentiable, seed */
void run_gradient(world *w, int at)
{
    asking a = { .count = argument_at(w, at, 2)->count };
    bool recorded = argument_at(w, at, 3)->whole != 0, real = true, wanted = true;
    gd_tensor *x[MOST_LISTED], *dx[MOST_LISTED];
    if (!take_y(w, at, &a))
        return;
    for (int i = 0; i < a.count; i++) {
        a.x[i] = object_at(w, argument_at(w, at, 2)->listed[i]);
        if (!is_alive(a.x[i]))
            return;
        x[i] = a.x[i]->tensor;
        real = real && is_float(a.x[i]->value->dtype);
        wanted = wanted && a.x[i]->requires_grad && !a.x[i]->muddy;
    }
    trace(w, &a);
    unsigned faults = faults_of(&a, false);
    if (!real || !is_float(a.y->value->dtype))
        faults = 1u << GD_ERROR_DTYPE;
    bool open = a.muddy || a.dirty || !wanted || w->failed_before;
    bool good = gd_gradient(a.y->tensor, a.dy ? a.dy->tensor : NULL, a.count, x, dx, recorded);
    for (int i = 0; i < a.count; i++)
        if (gd_is_tensor(dx[i]) != good)
            complain(w, "gd_gradient returns %d, and a gradient that is %s tensor", good, good ? "no" : "a");
    aim(w, &a, (uint64_t)argument_at(w, at, 4)->whole);
    bool counts = judge(w, "gd_gradient", good, faults, open);
    if ((counts || (good && open && !faults)) && !w->bad)
        take_gradients(w, at, &a, dx, recorded, wanted && real && !a.muddy);
    forget_aim(&a);
}

/* ---- gradients gathered ---- */

static number *gathered(world *w, const object *o)
{
    if (is_alive(o) && gd_has_grad(o->tensor))
        return numbers_read(w, gd_grad(o->tensor), o);
    return take(&w->memory, (size_t)o->value->count * sizeof(number));
}

/* Which tensors have a gradient afterwards. */
static void check_has_grad(world *w, const asking *a, bool good)
{
    for (int i = 0; good && i < a->count; i++)
        a->x[i]->has_grad = true;
    for (int i = 0; good && i < a->nodes; i++)
        a->node[i]->out->has_grad = a->node[i]->out->has_grad || a->node[i]->out->retains_grad;
    for (object *o = w->objects; o && !w->bad; o = o->next)
        if (is_alive(o) && gd_has_grad(o->tensor) != o->has_grad)
            complain(w, "after gd_backward a tensor %s a gradient", o->has_grad ? "should have" : "should not have");
}

/* What came of a backward of which nobody knew what should: taken as it is. */
static void learn(world *w)
{
    for (object *o = w->objects; o; o = o->next)
        o->has_grad = is_alive(o) && gd_has_grad(o->tensor);
    for (node *n = w->nodes; n; n = n->previous)
        n->dirty = true;
}

static void check_gathered(world *w, asking *a, number *const *before, bool good)
{
    number *change[MOST_LEAVES];
    bool small = true; /* so that the difference says what was added */
    for (int i = 0; i < a->count && !w->bad; i++) {
        change[i] = gathered(w, a->x[i]);
        for (int64_t k = 0; k < a->x[i]->value->count; k++) {
            if (!good && !fits(GD_FLOAT64, change[i][k], before[i][k], 0))
                complain(w, "a gd_backward that failed changed a gradient");
            small = small && fabsl(before[i][k]) < 1000;
            change[i][k] -= before[i][k];
        }
    }
    if (good && small && !w->bad)
        check_slope(w, a, change, "gd_backward");
}

/* y, dy, retain, seed */
void run_backward(world *w, int at)
{
    asking a = { .count = 0 };
    number *before[MOST_LEAVES];
    bool retain = argument_at(w, at, 2)->whole != 0;
    if (!take_y(w, at, &a))
        return;
    trace(w, &a);
    ask_leaves(&a);
    unsigned faults = w->failed_before ? ANY_FAULT : faults_of(&a, true);
    if (a.spent)
        faults |= 1u << GD_ERROR_STATE;
    for (int i = 0; i < a.count; i++)
        before[i] = gathered(w, a.x[i]);
    aim(w, &a, (uint64_t)argument_at(w, at, 3)->whole);
    bool open = (a.muddy || a.dirty) && !w->failed_before;
    bool good = gd_backward(a.y->tensor, a.dy ? a.dy->tensor : NULL, .retain = retain);
    judge(w, "gd_backward", good, faults, open);
    if (!w->bad && (good || !open))
        (open ? learn(w) : check_has_grad(w, &a, good));
    if (!w->bad && !(good && a.muddy))
        check_gathered(w, &a, before, good);
    for (int i = 0; good && !retain && i < a.nodes; i++)
        a.node[i]->spent = true;
    forget_aim(&a);
    compare_all(w);
}

/* ---- second derivatives ---- */

/* y, where all x are moved by i v + k u. */
static bool move_by(asking *a, number *const *v, number i, number *const *u, number k, number *by)
{
    for (int n = 0; n < a->count; n++)
        for (int64_t j = 0; j < a->x[n]->value->count; j++)
            a->x[n]->direction[j] = i * v[n][j] + k * u[n][j];
    return move_all(a, 1, by);
}

/* The second derivatives along v to both sides come together as the step is halved, or there is an edge. */
static bool has_no_edge(asking *a, number *const *v)
{
    number jump[2], size = 1;
    for (int i = 0; i < 2; i++) {
        number h = 1 / 1024.0L / (1 << i), at[5];
        for (int c = 0; c < 5; c++)
            if (!move_by(a, v, (number)(c - 2) * h, v, 0, &at[c]))
                return false;
        jump[i] = (at[4] - 2 * at[3] + 2 * at[1] - at[0]) / (h * h);
        size += fabsl(at[3] - 2 * at[2] + at[1]) / (h * h);
    }
    return near(2 * jump[1], jump[0], 2e-5L * size);
}

/* The mixed derivative along v and u, from four corners, of two sizes of steps. */
static bool bend_of(asking *a, number *const *v, number *const *u, number *bend)
{
    number found[2];
    for (int i = 0; i < 2; i++) {
        number h = 1 / 1024.0L / (1 << i), corner[4];
        for (int c = 0; c < 4; c++)
            if (!move_by(a, v, c & 1 ? -h : h, u, c & 2 ? -h : h, &corner[c]))
                return false;
        found[i] = (corner[0] - corner[1] - corner[2] + corner[3]) / (4 * h * h);
    }
    *bend = (4 * found[1] - found[0]) / 3;
    return near(found[0], found[1], 2e-5L * (1 + fabsl(found[1]))) && has_no_edge(a, v) && has_no_edge(a, u);
}

/* sum(dx * u), as the library's own operations add it up, to be differentiated once more. */
static gd_tensor *first_along(world *w, const asking *a, gd_tensor *const *dx, number *const *u)
{
    gd_tensor *total = gd_scalar(w->g, GD_FLOAT64, 0);
    for (int i = 0; i < a->count; i++) {
        double *numbers = take(&w->memory, (size_t)(a->x[i]->value->count + 1) * sizeof *numbers);
        for (int64_t j = 0; j < a->x[i]->value->count; j++)
            numbers[j] = (double)u[i][j];
        gd_tensor *weight = gd_from_memory(w->g, GD_FLOAT64, a->x[i]->value->shape, numbers);
        total = gd_add(total, gd_sum(gd_mul(dx[i], weight)));
    }
    return total;
}

/* The second gradients of the library along v; false on an error. */
static bool second_along(world *w, asking *a, number *const *u, number *sum, number *sizes)
{
    gd_tensor *x[MOST_LISTED], *dx[MOST_LISTED], *ddx[MOST_LISTED];
    number *numbers[MOST_LISTED];
    for (int i = 0; i < a->count; i++)
        x[i] = a->x[i]->tensor;
    *sum = *sizes = 0;
    if (!gd_gradient(a->y->tensor, a->dy ? a->dy->tensor : NULL, a->count, x, dx, true))
        return false;
    gd_tensor *first = first_along(w, a, dx, u);
    if (!gd_requires_grad(first))
        return gd_is_tensor(first);
    if (!gd_gradient(first, NULL, a->count, x, ddx, false))
        return false;
    for (int i = 0; i < a->count; i++)
        numbers[i] = numbers_read(w, ddx[i], a->x[i]);
    along(a, numbers, sum, sizes);
    return true;
}

static void check_bend(world *w, asking *a, number got, number sizes, number *const *u)
{
    number *v[MOST_LISTED], slope, bend;
    for (int i = 0; i < a->count; i++) {
        v[i] = a->x[i]->direction;
        a->x[i]->direction = take(&w->memory, (size_t)a->x[i]->value->count * sizeof(number));
        memcpy(a->x[i]->direction, v[i], (size_t)a->x[i]->value->count * sizeof(number));
    }
    if (!is_tame(a) || !slope_of(a, &slope) || !bend_of(a, v, u, &bend)) {
        w->tally->skipped++;
        return;
    }
    bool good = near(got, bend, 1e-4L * (1 + sizes + fabsl(bend)));
    if (!good && !is_smooth_on_the_way(a)) {
        w->tally->skipped++;
        return;
    }
    w->tally->seconds++;
    if (!good)
        complain(w, "the second gradient along two random directions is %.12Lg, the reference's is %.12Lg", got, bend);
}

/* y, dy, x ..., seed */
void run_second(world *w, int at)
{
    asking a = { .count = argument_at(w, at, 2)->count };
    uint64_t seed = (uint64_t)argument_at(w, at, 3)->whole;
    number *u[MOST_LISTED], got, sizes;
    bool good = take_y(w, at, &a) && w->recording && !w->failed_before;
    for (int i = 0; good && i < a.count; i++) {
        a.x[i] = object_at(w, argument_at(w, at, 2)->listed[i]);
        good = is_alive(a.x[i]) && a.x[i]->requires_grad && !a.x[i]->node && !a.x[i]->muddy &&
               a.x[i]->value->dtype == GD_FLOAT64; /* leaves: a rule may be written in results as well as in operands */
        for (int k = 0; good && k < i; k++)
            good = a.x[k] != a.x[i];
    }
    if (!good || a.y->value->dtype != GD_FLOAT64 || (a.dy && a.dy->requires_grad))
        return;
    trace(w, &a);
    if (a.muddy || a.dirty || a.hooked || faults_of(&a, false))
        return;
    aim(w, &a, seed);
    for (int i = 0; i < a.count; i++)
        u[i] = direction(w, a.x[i], seed + 100 + (uint64_t)i);
    gd_scope scope = gd_scope_enter(w->g);
    good = second_along(w, &a, u, &got, &sizes);
    gd_scope_leave(&scope);
    if (judge(w, "the second gradient", good, 0, false))
        check_bend(w, &a, got, sizes, u);
    forget_aim(&a);
}

/* ---- hooks, and who keeps a gradient ---- */

static gd_tensor *multiply(gd_tensor *grad, void *user)
{
    const object *o = user;
    return o->factor == 1 ? NULL : gd_mul_scalar(grad, (double)o->factor);
}

/* tensor, factor */
void run_hook(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    if (!is_alive(o) || o->hook >= 0)
        return;
    int64_t id = gd_hook(o->tensor, multiply, o);
    if (!judge(w, "gd_hook", id >= 0, o->requires_grad ? 0 : 1u << GD_ERROR_STATE, false))
        return;
    o->hook = id;
    o->factor = (number)argument_at(w, at, 1)->real;
}

void run_unhook(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    if (!is_alive(o))
        return;
    bool good = gd_unhook(o->tensor, o->hook);
    judge(w, "gd_unhook", good, o->hook >= 0 ? 0 : 1u << GD_ERROR_VALUE, false);
    o->hook = -1;
    o->factor = 1;
}

void run_retain(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    if (!is_alive(o))
        return;
    bool good = gd_retain_grad(o->tensor) == o->tensor;
    if (judge(w, "gd_retain_grad", good, o->requires_grad ? 0 : 1u << GD_ERROR_STATE, false))
        o->retains_grad = true;
}

void run_forget(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    if (!is_alive(o))
        return;
    bool good = gd_clear_grad(o->tensor);
    if (judge(w, "gd_clear_grad", good, w->failed_before ? ANY_FAULT : 0, false))
        o->has_grad = false;
}
