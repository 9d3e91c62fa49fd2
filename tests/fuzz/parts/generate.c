/* generate.c - the next step of a random program. */
#include "fuzz/parts/generate.h"

drawn a_tensor(int slot)
{
    return (drawn){ .kind = GD_ARGUMENT_TENSOR, .slot = slot };
}

drawn an_integer(int64_t n)
{
    return (drawn){ .kind = GD_ARGUMENT_INTEGER, .slot = NO_TENSOR, .whole = n, .real = (double)n };
}

drawn a_number(double n)
{
    return (drawn){ .kind = GD_ARGUMENT_NUMBER, .slot = NO_TENSOR, .real = n };
}

drawn a_shape(gd_dims dims)
{
    return (drawn){ .kind = GD_ARGUMENT_DIMS, .slot = NO_TENSOR, .dims = dims };
}

taste begin_program(program *p, uint64_t seed)
{
    static const char *const sets[] = { "", "", "", "generic", "avx2", "avx512" };
    dice d = { seed };
    *p = (program){ .seed = seed, .refuse = -1 };
    snprintf(p->isa, sizeof p->isa, "%s", sets[below(&d, 6)]);
    taste t = { .smooth = chance(&d, 40), .wild = chance(&d, 50) ? 0 : (int)between(&d, 2, 25) };
    t.length = (int)between(&d, 4, MOST_STEPS - 12);
    if (chance(&d, 12))
        p->refuse = below(&d, chance(&d, 50) ? 4 : chance(&d, 50) ? 20 : 200); /* release builds ask for 64 KiB at a time */
    if (t.smooth)
        t.wild /= 8;
    return t;
}

/* The number of the step; -1 where there is no room. */
int add_step(world *w, step s)
{
    program *p = w->program;
    if (p->count == MOST_STEPS || w->bad)
        return -1;
    int at = p->count++; /* before it runs: it may be the one that crashes */
    p->step[at] = s;
    run_step(w, at);
    return at;
}

static int add(world *w, own_verb own, int count, const drawn *from)
{
    step s = { .verb = gd_function_count() + (int)own, .count = count };
    for (int i = 0; i < count; i++)
        s.argument[i] = from[i];
    return add_step(w, s);
}

#define ADD(w, verb, ...)                                                                              \
    add(w, verb, (int)(sizeof((drawn[]){ __VA_ARGS__ }) / sizeof(drawn)), (drawn[]){ __VA_ARGS__ })

/* ---- choosing among what there is ---- */

int pick(world *w, dice *d, wanted *good, const void *user)
{
    int from = (int)below(d, MOST_SLOTS), latest = w->program->count * MOST_RESULTS;
    if (chance(d, 40)) /* rather what is new: long chains */
        from = latest > 12 ? latest - 12 : 0;
    for (int i = 0; i < MOST_SLOTS; i++) {
        int slot = (from + i) % MOST_SLOTS;
        const object *o = w->slot[slot];
        if (is_alive(o) && !o->huge && (!good || good(o, user)))
            return slot;
    }
    return NO_TENSOR;
}

static bool is_smooth(const object *o, const void *user)
{
    (void)user;
    return o->value->dtype == GD_FLOAT64 && o->value->count > 0 && o->value->count < 300;
}

int any_tensor(world *w, dice *d, const taste *t)
{
    int slot = pick(w, d, t->smooth ? is_smooth : NULL, NULL);
    if (slot == NO_TENSOR || chance(d, 8))
        slot = make_tensor(w, d, t, some_dtype(d, t), some_shape(d), some_flavour(d, t));
    return slot;
}

gd_dtype some_dtype(dice *d, const taste *t)
{
    static const gd_dtype dtypes[] = { GD_FLOAT32, GD_FLOAT32, GD_FLOAT32, GD_FLOAT64, GD_FLOAT64, GD_FLOAT64,
                                       GD_INT64,   GD_INT64,   GD_UINT8,   GD_BOOL };
    return t->smooth && !chance(d, 4) ? GD_FLOAT64 : dtypes[below(d, 10)];
}

flavour some_flavour(dice *d, const taste *t)
{
    if (t->smooth)
        return chance(d, 80) ? REALS_AROUND_0 : PROBABILITIES;
    return (flavour)below(d, LABELS);
}

static int64_t some_size(dice *d)
{
    return chance(d, 4) ? 0 : chance(d, 20) ? 1 : between(d, 2, chance(d, 80) ? 4 : 7);
}

/* Sizes around the widths of vectors and of the kernels' blocks. */
static int64_t wide_size(dice *d)
{
    static const int64_t around[] = { 8, 16, 32, 64, 128, 256, 512, 1024, 3000 };
    return around[below(d, 9)] + between(d, -1, 1);
}

gd_dims some_shape(dice *d)
{
    static const int counts[] = { 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5 };
    gd_dims shape = { .count = counts[below(d, 12)] };
    for (int i = 0; i < shape.count; i++)
        shape.size[i] = some_size(d);
    if (shape.count == 1 && chance(d, 20))
        shape.size[0] = wide_size(d);
    if (shape.count == 2 && chance(d, 10))
        shape = gd_shape(between(d, 1, 40), between(d, 1, 70));
    return shape;
}

int make_tensor(world *w, dice *d, const taste *t, gd_dtype dtype, gd_dims shape, flavour f)
{
    int64_t seed = (int64_t)(roll(d) >> 8);
    if (f == LABELS && shape.count > GD_MAX_DIMS)
        return NO_TENSOR;
    int at = ADD(w, MAKE, an_integer(dtype), a_shape(shape), an_integer((int64_t)f), an_integer(seed));
    if (at < 0 || !w->slot[at * MOST_RESULTS])
        return NO_TENSOR;
    if (is_float(dtype) && chance(d, t->smooth ? 70 : 25))
        ADD(w, REQUIRE, a_tensor(at * MOST_RESULTS), an_integer(1));
    return at * MOST_RESULTS;
}

/* ---- the fuzzer's own verbs ---- */

static double some_number(dice *d)
{
    static const double numbers[] = { 0, 1, -1, 0.5, 3, 255.9, -0.0, 1e300 };
    return numbers[below(d, 8)];
}

/* Many rows of nothing. */
static gd_dims hollow_shape(dice *d)
{
    gd_dims shape = { .count = (int)between(d, 2, 4) };
    for (int i = 0; i < shape.count; i++)
        shape.size[i] = chance(d, 30) ? (int64_t)1 << 40 : between(d, 1, 3);
    shape.size[below(d, shape.count)] = 0;
    return shape;
}

static gd_dims wild_shape(dice *d)
{
    if (chance(d, 30))
        return hollow_shape(d);
    static const int64_t sizes[] = { -1, 0, 3, 1 << 20, (int64_t)1 << 31, (int64_t)1 << 40, INT64_MAX, INT64_MIN };
    gd_dims shape = { .count = chance(d, 10) ? (int)between(d, -1, 9) : (int)between(d, 0, 4) };
    bool empty = false;
    for (int i = 0; i < shape.count && i < GD_MAX_DIMS; i++) {
        shape.size[i] = sizes[below(d, 8)];
        empty = empty || shape.size[i] == 0;
    }
    for (int i = 0; empty && i < shape.count && i < GD_MAX_DIMS; i++)
        if (shape.size[i] > 3) /* it can be made, and a row for each is then asked of the reference */
            shape.size[i] = 1000;
    return shape;
}

static void add_making(world *w, dice *d, const taste *t)
{
    gd_dims shape = chance(d, t->wild) ? wild_shape(d) : some_shape(d);
    int64_t dtype = chance(d, t->wild) ? between(d, -1, 6) : (int64_t)some_dtype(d, t);
    switch (below(d, 6)) {
    case 0: ADD(w, FULL, an_integer(dtype), a_shape(shape), a_number(some_number(d))); break;
    case 1: ADD(w, LIKE, a_tensor(any_tensor(w, d, t)), a_number(some_number(d))); break;
    case 2: ADD(w, ARANGE, an_integer(dtype), an_integer(shape.count > 0 ? shape.size[0] : 5)); break;
    case 3: ADD(w, RANDOM, an_integer(below(d, 4)), an_integer(dtype), a_shape(shape)); break;
    default: make_tensor(w, d, t, some_dtype(d, t), some_shape(d), some_flavour(d, t));
    }
}

static void add_scoping(world *w, dice *d, const taste *t)
{
    if (w->depth < MOST_DEPTH && chance(d, 40))
        add(w, ENTER, 0, NULL);
    else if (w->depth > 0 && chance(d, 50))
        ADD(w, LEAVE, an_integer(w->scope_step[chance(d, 80) ? w->depth : (int)between(d, 1, w->depth)]));
    else if (w->depth > 0)
        ADD(w, KEEP, a_tensor(any_tensor(w, d, t)));
}

static void add_access(world *w, dice *d, const taste *t)
{
    int slot = any_tensor(w, d, t);
    int64_t dtype = chance(d, t->wild) ? between(d, -1, 6) : between(d, 1, 5);
    if (chance(d, 40))
        ADD(w, WRITE, a_tensor(slot), an_integer(t->smooth ? (int64_t)GD_FLOAT64 : dtype),
            an_integer((int64_t)some_flavour(d, t)), an_integer((int64_t)(roll(d) >> 8)), an_integer(chance(d, t->wild) ? 1 : 0));
    else if (chance(d, 60))
        ADD(w, READ, a_tensor(slot), an_integer(dtype), an_integer((int64_t)(roll(d) >> 8)));
    else if (chance(d, 60))
        ADD(w, SPLIT, a_tensor(slot), an_integer(between(d, 0, 4)), an_integer(between(d, -3, 3)));
    else
        ADD(w, NAME, a_tensor(slot), an_integer(below(d, 4)));
}

static void add_switch(world *w, dice *d, const taste *t)
{
    int slot = any_tensor(w, d, t);
    switch (below(d, 8)) {
    case 0: ADD(w, RECORD, an_integer(!w->recording || chance(d, 20))); break;
    case 1: ADD(w, DEFAULT_DTYPE, an_integer(chance(d, t->wild) ? between(d, -1, 6) : between(d, 1, 2))); break;
    case 2: ADD(w, DETACH, a_tensor(slot)); break;
    case 3: ADD(w, REQUIRE, a_tensor(slot), an_integer(chance(d, 80))); break;
    case 4: ADD(w, HOOK, a_tensor(slot), a_number(chance(d, 30) ? 1 : -0.5)); break;
    case 5: ADD(w, UNHOOK, a_tensor(slot)); break;
    case 6: ADD(w, RETAIN, a_tensor(slot)); break;
    default: ADD(w, FORGET, a_tensor(slot));
    }
}

/* ---- asking for gradients ---- */

static bool is_recorded(const object *o, const void *user)
{
    (void)user;
    return o->requires_grad && o->node;
}

static bool wants_gradient(const object *o, const void *user)
{
    (void)user;
    return o->requires_grad;
}

static drawn some_gradient_of(world *w, dice *d, const taste *t, int y)
{
    const object *o = object_at(w, y);
    if (!o || (o->value->count == 1 && chance(d, 70)) || chance(d, t->wild))
        return a_tensor(NO_TENSOR);
    return a_tensor(make_tensor(w, d, &(taste){ .smooth = false }, o->value->dtype, o->value->shape, REALS_AROUND_0));
}

static void add_gradient(world *w, dice *d, const taste *t)
{
    int y = pick(w, d, chance(d, 95) ? is_recorded : NULL, NULL);
    if (y == NO_TENSOR)
        return;
    drawn x = { .kind = GD_ARGUMENT_TENSORS, .slot = NO_TENSOR, .count = (int)between(d, 1, 3) }, dy = some_gradient_of(w, d, t, y);
    for (int i = 0; i < x.count; i++) {
        x.listed[i] = pick(w, d, chance(d, 95) ? wants_gradient : NULL, NULL);
        if (x.listed[i] == NO_TENSOR)
            return;
    }
    drawn seed = an_integer((int64_t)(roll(d) >> 8));
    switch (below(d, 4)) {
    case 0: ADD(w, BACKWARD, a_tensor(y), dy, an_integer(chance(d, 50)), seed); break;
    case 1: ADD(w, SECOND, a_tensor(y), dy, x, seed); break;
    default: ADD(w, GRADIENT, a_tensor(y), dy, x, an_integer(chance(d, 25)), seed);
    }
}

/* ---- the next step ---- */

static void add_call(world *w, dice *d, const taste *t)
{
    step s = { .verb = (int)below(d, gd_function_count()) };
    if (!fill_step(w, d, t, &s))
        return;
    if (chance(d, t->wild))
        spoil_step(w, d, &s);
    add_step(w, s);
}

void next_step(world *w, dice *d, const taste *t)
{
    int at = (int)below(d, 100);
    if (gd_failed(w->g) && chance(d, 85))
        add(w, CLEAR, 0, NULL);
    else if (at < (t->smooth ? 50 : 70))
        add_call(w, d, t);
    else if (at < (t->smooth ? 54 : 76))
        add_making(w, d, t);
    else if (at < (t->smooth ? 58 : 81))
        add_scoping(w, d, t);
    else if (at < (t->smooth ? 60 : 86))
        add_access(w, d, t);
    else if (at < (t->smooth ? 65 : 90))
        add_switch(w, d, t);
    else
        add_gradient(w, d, t);
}
