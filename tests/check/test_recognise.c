/* test_recognise.c - functions in plain C, and the operations that are recognised in them: they make the same numbers at
 * fresh points, and they are those that a textbook would name. */
#include "../io/support.h"

#include <math.h>
#include <time.h>

#include "check/recognise.h"
#include "gradus/gradus.h"

#include "opaque_known.h"
#include "opaque_more.h"

enum { MOST_NUMBERS = 600 };

/* ---- asking a function of numbers as one of tensors ---- */

static gd_tensor *ask(void *user, gd_tensors x)
{
    const opaque *o = user;
    double in[MOST_OPERANDS][MOST_NUMBERS], out[MOST_NUMBERS], *at[MOST_OPERANDS];
    for (int i = 0; i < x.count; i++) {
        at[i] = in[i];
        if (!gd_read(x.item[i], GD_FLOAT64, in[i], (size_t)gd_numel(x.item[i])))
            return NULL;
    }
    if (!o->call((const double *const *)at, out))
        return NULL;
    gd_dims shape = { o->result.count, { 0 } };
    memcpy(shape.size, o->result.size, sizeof o->result.size);
    gd_tensor *y = gd_zeros(g, GD_FLOAT64, shape);
    gd_write(y, GD_FLOAT64, out, (size_t)gd_numel(y));
    return y;
}

static gd_dims dims_of(const sizes *s)
{
    gd_dims shape = { s->count, { 0 } };
    memcpy(shape.size, s->size, sizeof s->size);
    return shape;
}

static gd_tensor *draw(const operand *o)
{
    gd_dims shape = dims_of(&o->shape);
    if (o->classes > 0)
        return gd_reshape(gd_choice(g, o->classes, gd__count(shape)), shape);
    gd_tensor *t = gd_rand(g, GD_FLOAT64, shape);
    return gd_add_scalar(gd_mul_scalar(t, o->high - o->low), o->low);
}

static gd_tensors draw_operands(const opaque *o, gd_tensor **x)
{
    gd_tensors list = { 0, x };
    while (list.count < MOST_OPERANDS &&
           (o->x[list.count].low < o->x[list.count].high || o->x[list.count].classes > 0)) {
        x[list.count] = draw(&o->x[list.count]);
        list.count++;
    }
    return list;
}

/* ---- what was found ---- */

static void name_steps(const gd__recipe *r, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < r->steps && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s ", gd__ops[r->step[i].op]->info.name);
}

/* Are all of the words in the text? */
static const char *first_missing(const char *words, const char *text)
{
    static char word[32];
    int length;
    for (; sscanf(words, " %31s%n", word, &length) == 1; words += length) {
        char spaced[36], whole[640];
        snprintf(spaced, sizeof spaced, " %s ", word);
        snprintf(whole, sizeof whole, " %s", text);
        if (!strstr(whole, spaced))
            return word;
    }
    return NULL;
}

static double distance(const gd_tensor *a, const gd_tensor *b)
{
    double x[MOST_NUMBERS], y[MOST_NUMBERS], worst = 0, most = 0;
    assert_true(gd_is_tensor(a) && gd_is_tensor(b) && gd__same_shape(a, b));
    assert_true(gd_read(a, GD_FLOAT64, x, (size_t)gd_numel(a)) && gd_read(b, GD_FLOAT64, y, (size_t)gd_numel(b)));
    for (int64_t i = 0; i < gd_numel(a); i++) {
        worst = fmax(worst, fabs(x[i] - y[i]));
        most = fmax(most, fabs(y[i]));
    }
    return worst / most;
}

static bool is_recognised(opaque *o, bool tell)
{
    GD_SCOPE(g);
    gd_tensor *x[MOST_OPERANDS], *fresh[MOST_OPERANDS];
    gd__recipe recipe;
    char steps[512];
    gd_tensors operands = draw_operands(o, x);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    bool found = gd__recognise(ask, o, operands, 1e-9, &recipe);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double spent = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
    if (gd_failed(g))
        fail_msg("%s: %s", o->name, gd_message(g));
    name_steps(&recipe, steps, sizeof steps);
    if (getenv("GD_TEST_SHOW"))
        printf("# %-28s %7.2f ms  %s\n", o->name, spent, found ? steps : "-");
    if (!found || first_missing(o->steps, steps)) {
        if (tell)
            print_error("%s: %s; %s\n", o->name, found ? "other steps" : "not recognised", steps);
        return false;
    }
    operands = draw_operands(o, fresh);
    double apart = distance(gd__follow(&recipe, operands), ask(o, operands));
    if (!(apart < 1e-8))
        print_error("%s: differs by %g elsewhere; %s\n", o->name, apart, steps);
    return apart < 1e-8;
}

static void all_are_recognised(opaque *list, size_t count)
{
    size_t missed = 0;
    gd_seed(g, GD_RNG_PHILOX, 5);
    for (size_t i = 0; i < count; i++)
        missed += !is_recognised(&list[i], true);
    if (missed)
        fail_msg("%zu of %zu functions", missed, count);
}

static void functions_are_recognised(void **state)
{
    (void)state;
    all_are_recognised(known, sizeof known / sizeof *known);
}

static void more_functions_are_recognised(void **state)
{
    (void)state;
    all_are_recognised(more, sizeof more / sizeof *more);
}

static void others_are_not(void **state)
{
    (void)state;
    gd_seed(g, GD_RNG_PHILOX, 6);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        if (is_recognised(&unknown[i], false))
            fail_msg("%s was recognised", unknown[i].name);
}

/* ---- what else is promised ---- */

static opaque *named(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    fail_msg("no function is called %s", name);
    return NULL;
}

static void single_precision_is_enough(void **state)
{
    static const char *const names[] = { "sigmoid", "x W + b",       "softmax(x W + b)",
                                         "mse",     "cross-entropy", "layer norm" };
    gd_tensor *x[MOST_OPERANDS];
    gd__recipe recipe;
    (void)state;
    gd_seed(g, GD_RNG_PHILOX, 7);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        opaque *o = named(names[i]);
        char steps[512];
        gd_tensors operands = draw_operands(o, x);
        for (int k = 0; k < operands.count; k++)
            x[k] = gd_cast(x[k], GD_FLOAT32);
        if (!gd__recognise(ask, o, operands, 1e-5, &recipe))
            fail_msg("%s is not recognised", names[i]);
        name_steps(&recipe, steps, sizeof steps);
        if (first_missing(o->steps, steps))
            fail_msg("%s: %s", names[i], steps);
        assert_true(distance(gd__follow(&recipe, operands), gd_cast(ask(o, operands), GD_FLOAT32)) < 1e-4);
    }
}

static gd_tensor *classify(void *user, gd_tensors x)
{
    (void)user;
    return gd_cross_entropy(gd_add(gd_matmul(x.item[0], x.item[1]), x.item[2]), x.item[3]);
}

static void large_ones_are_recognised(void **state)
{
    (void)state;
    gd_seed(g, GD_RNG_PHILOX, 9);
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++) {
        gd_tensor *x = gd_randn(g, dtype, gd_shape(64, 300)), *labels = gd_choice(g, 40, 64);
        gd_tensor *W = gd_mul_scalar(gd_randn(g, dtype, gd_shape(300, 40)), 0.05),
                  *b = gd_randn(g, dtype, gd_shape(40));
        char steps[512];
        gd__recipe recipe;
        assert_true(
            gd__recognise(classify, NULL, gd_list(x, W, b, labels), dtype == GD_FLOAT32 ? 1e-5 : 1e-9, &recipe));
        name_steps(&recipe, steps, sizeof steps);
        assert_null(first_missing("matmul add softmax gather log mean neg", steps));
    }
}

/* Sets an error where a number is below 0, and draws numbers. */
static gd_tensor *choosy(void *user, gd_tensors x)
{
    int *calls = user;
    ++*calls;
    double low = gd_item(gd_min(x.item[0]));
    gd_rand(g, GD_FLOAT64, gd_shape(3));
    if (low < 0)
        return gd_reshape(x.item[0], gd_shape(1000)); /* an error */
    gd_tensor *y = gd_log(x.item[0]);
    gd_fill(x.item[0], 7); /* what it was handed is its own */
    return y;
}

static void count_errors(void *user, const gd_error *error)
{
    (void)error;
    ++*(int *)user;
}

static void nothing_is_left_behind(void **state)
{
    int calls = 0, told = 0;
    double before[6] = { 0.5, 0.7, 1.5, 2, 0.2, 3 }, after[6];
    (void)state;
    gd_on_error(g, count_errors, &told);
    gd_seed(g, GD_RNG_PHILOX, 8);
    gd_tensor *x = gd_zeros(g, GD_FLOAT64, gd_shape(2, 3));
    gd_write(x, GD_FLOAT64, before, 6);
    gd__random stream = g->random;
    size_t in_use = gd_memory_used(g).in_use;
    uint32_t taped = g->tape_length;
    gd__recipe recipe;
    gd_require_grad(x, true);
    assert_true(gd__recognise(choosy, &calls, gd_list(x), 1e-9, &recipe));
    assert_int_equal(recipe.step[0].op, GD__OP_log);
    assert_true(calls > 0);
    assert_int_equal(told, 0);
    assert_fine(g);
    assert_memory_equal(&stream, &g->random, sizeof stream);
    assert_int_equal(gd_memory_used(g).in_use, in_use);
    assert_int_equal(g->tape_length, taped);
    gd_read(x, GD_FLOAT64, after, 6);
    assert_memory_equal(before, after, sizeof before);
    assert_true(gd_requires_grad(gd__follow(&recipe, gd_list(x)))); /* it is recorded like any computation */
}

static void an_error_stays(void **state)
{
    int calls = 0;
    gd__recipe recipe;
    (void)state;
    gd_tensor *x = gd_ones(g, GD_FLOAT64, gd_shape(2, 3));
    gd_reshape(x, gd_shape(1000));
    assert_false(gd__recognise(choosy, &calls, gd_list(x), 1e-9, &recipe));
    assert_int_equal(calls, 0);
    assert_error(g, GD_ERROR_SHAPE, "reshape");
    assert_false(gd__recognise(choosy, &calls, gd_list(NULL), 1e-9, &recipe));
    assert_false(gd__recognise(choosy, &calls, gd_no_tensors, 1e-9, &recipe));
    assert_int_equal(calls, 0);
    gd_clear(g);
    assert_true(gd__is_error(gd__follow(&recipe, gd_list(x))));
    assert_error(g, GD_ERROR_VALUE, "recipe");
}

static void memory_may_run_out(void **state)
{
    static const char *const names[] = { "sigmoid(x W + b)", "mse" };
    (void)state;
    for (int which = 0; which < 2; which++) {
        bool found = false;
        for (int blocks = 0; !found; blocks += 1 + blocks / 8) {
            scarce memory = { .live = 0 };
            gd__recipe recipe;
            gd_tensor *x[MOST_OPERANDS];
            g = gd_open_with(&(gd_config){ .allocator = { scarce_resize, &memory } });
            gd_tensors operands = draw_operands(named(names[which]), x);
            assert_fine(g);
            memory.refuse = true;
            memory.granted = blocks;
            found = gd__recognise(ask, named(names[which]), operands, 1e-9, &recipe);
            assert_int_equal(gd_first_error(g)->status, found ? GD_OK : GD_ERROR_MEMORY);
            gd_close(g);
            assert_int_equal(memory.live, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(functions_are_recognised, open_context, close_context),
        cmocka_unit_test_setup_teardown(more_functions_are_recognised, open_context, close_context),
        cmocka_unit_test_setup_teardown(others_are_not, open_context, close_context),
        cmocka_unit_test_setup_teardown(single_precision_is_enough, open_context, close_context),
        cmocka_unit_test_setup_teardown(large_ones_are_recognised, open_context, close_context),
        cmocka_unit_test_setup_teardown(nothing_is_left_behind, open_context, close_context),
        cmocka_unit_test_setup_teardown(an_error_stays, open_context, close_context),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
