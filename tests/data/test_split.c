/* test_split.c - data sets in two parts, at random, by class, and of chosen samples. */
#include "../io/support.h"

#include "gradus/gradus.h"

typedef struct split_case {
    uint64_t seed;
    int64_t samples, first, order[30];
} split_case;

#include "split_reference.h"

/* x and t of sample i are i. */
static gd_dataset *numbers(int64_t count)
{
    return gd_dataset_new(gd_arange(g, GD_INT64, count), gd_arange(g, GD_INT64, count));
}

/* x of sample i is i; the first 60 are of class 5, 30 of class 2, 10 of class 0. */
static gd_dataset *classes(void)
{
    int64_t label[100];
    for (int i = 0; i < 100; i++)
        label[i] = i < 60 ? 5 : i < 90 ? 2 : 0;
    return gd_dataset_new(gd_arange(g, GD_INT64, 100), gd_from_memory(g, GD_INT64, gd_shape(100), label));
}

static void read_x(gd_dataset *ds, int64_t *to)
{
    assert_fine(g);
    assert_true(gd_read(gd_dataset_x(ds), GD_INT64, to, (size_t)gd_dataset_count(ds)));
}

/* Each sample must be in one of the parts, once. */
static void assert_parts(gd_parts part, int64_t first, int64_t second)
{
    int64_t x[200];
    bool seen[200] = { false };
    assert_int_equal(gd_dataset_count(part.train), first);
    assert_int_equal(gd_dataset_count(part.test), second);
    read_x(part.train, x);
    read_x(part.test, x + first);
    for (int64_t i = 0; i < first + second; i++) {
        assert_in_range(x[i], 0, first + second - 1);
        assert_false(seen[x[i]]);
        seen[x[i]] = true;
    }
}

static int of_class(gd_dataset *ds, int64_t wanted)
{
    int64_t t[200];
    int count = 0;
    assert_true(gd_read(gd_dataset_t(ds), GD_INT64, t, (size_t)gd_dataset_count(ds)));
    for (int64_t i = 0; i < gd_dataset_count(ds); i++)
        count += t[i] == wanted;
    return count;
}

/* ---- at random ---- */

static void the_parts_are_those_of_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof split_cases / sizeof *split_cases; i++) {
        const split_case *c = &split_cases[i];
        int64_t x[30];
        gd_seed(g, GD_RNG_TORCH, c->seed);
        gd_parts part = gd_dataset_split(numbers(c->samples), .count = c->first);
        read_x(part.train, x);
        read_x(part.test, x + c->first);
        assert_int_equal(gd_dataset_count(part.train), c->first);
        assert_memory_equal(x, c->order, (size_t)c->samples * sizeof *x);
    }
}

static void a_fraction_is_rounded(void **state)
{
    (void)state;
    assert_parts(gd_dataset_split(numbers(100)), 75, 25);
    assert_parts(gd_dataset_split(numbers(100), .fraction = 0.29), 29, 71); /* 0.29 * 100 is just below 29 */
    assert_parts(gd_dataset_split(numbers(3), .fraction = 0.5), 2, 1);
    assert_parts(gd_dataset_split(numbers(10), .fraction = 0), 0, 10);
    assert_parts(gd_dataset_split(numbers(10), .fraction = 1), 10, 0);
    assert_parts(gd_dataset_split(numbers(10), .count = 0), 0, 10);
    assert_parts(gd_dataset_split(numbers(0)), 0, 0);
    assert_parts(gd_dataset_split(numbers(1)), 1, 0);
    assert_parts(gd_dataset_split_with((gd_split_options){ numbers(10), .fraction = 0.3, .count = -1 }), 3, 7);
}

static void the_same_seed_gives_the_same_parts(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int64_t a[75], b[75], c[75];
        gd_seed(g, GD_RNG_PHILOX, 3);
        read_x(gd_dataset_split(classes(), .stratify = i).train, a);
        read_x(gd_dataset_split(classes(), .stratify = i).train, b);
        gd_seed(g, GD_RNG_PHILOX, 3);
        read_x(gd_dataset_split(classes(), .stratify = i).train, c);
        assert_memory_equal(a, c, sizeof a);
        assert_memory_not_equal(a, b, sizeof a);
    }
}

static void without_shuffling_the_first_part_is_the_front(void **state)
{
    (void)state;
    gd__random before = g->random;
    gd_parts part = gd_dataset_split(numbers(10), .fraction = 0.6, .shuffle = false);
    assert_steps(gd_dataset_x(part.train), 0, 1);
    assert_steps(gd_dataset_x(part.test), 6, 1);
    assert_int_equal(gd__random_bits(&g->random), gd__random_bits(&before));
}

/* ---- by class ---- */

static void classes_keep_their_shares(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        gd_seed(g, GD_RNG_PHILOX, seed);
        gd_parts part = gd_dataset_split(classes(), .fraction = 0.8, .stratify = true);
        assert_parts(part, 80, 20);
        assert_int_equal(of_class(part.train, 5), 48);
        assert_int_equal(of_class(part.train, 2), 24);
        assert_int_equal(of_class(part.train, 0), 8);
    }
}

/* 60, 30 and 10 of 100: of 33 samples 19.8, 9.9 and 3.3; two more go to 5 and 2. Of 15: 9, 4.5 and 1.5; the lower
 * label. */
static void what_is_rounded_off_goes_to_the_largest_remainder(void **state)
{
    (void)state;
    gd_parts part = gd_dataset_split(classes(), .count = 33, .stratify = true);
    assert_parts(part, 33, 67);
    assert_true(of_class(part.train, 5) == 20 && of_class(part.train, 2) == 10 && of_class(part.train, 0) == 3);
    part = gd_dataset_split(classes(), .count = 15, .stratify = true);
    assert_true(of_class(part.train, 5) == 9 && of_class(part.train, 2) == 4 && of_class(part.train, 0) == 2);
}

/* The samples come in the order of the permutation that a plain split goes by. */
static void a_stratified_split_goes_by_the_same_order(void **state)
{
    int64_t order[100], x[100], label[100];
    (void)state;
    gd_dataset *ds = classes();
    read_x(ds, x);
    gd_read(gd_dataset_t(ds), GD_INT64, label, 100);
    gd_seed(g, GD_RNG_NUMPY, 5);
    gd_read(gd_randperm(g, 100), GD_INT64, order, 100);
    gd_seed(g, GD_RNG_NUMPY, 5);
    gd_parts part = gd_dataset_split(ds, .fraction = 0.5, .stratify = true);
    read_x(part.train, x);
    read_x(part.test, x + 50);
    int left[6] = { 5, 0, 15, 0, 0, 30 }, first = 0, second = 50;
    for (int i = 0; i < 100; i++)
        assert_int_equal(x[left[label[order[i]]]-- > 0 ? first++ : second++], order[i]);
}

static void any_labels_can_be_stratified_by(void **state)
{
    (void)state;
    const int64_t far[] = { INT64_MAX, -7, INT64_MIN, INT64_MAX, -7, INT64_MIN };
    gd_tensor *t = gd_from_memory(g, GD_INT64, gd_shape(6), far);
    gd_parts part = gd_dataset_split(gd_dataset_new(gd_arange(g, GD_INT64, 6), t), .fraction = 0.5, .stratify = true,
                                     .shuffle = false);
    assert_steps(gd_dataset_x(part.train), 0, 1);
    assert_steps(gd_dataset_x(part.test), 3, 1);
    gd_tensor *bytes = gd_values_as(g, GD_UINT8, gd_shape(4), 255, 0, 255, 0);
    part = gd_dataset_split(gd_dataset_new(gd_arange(g, GD_INT64, 4), bytes), .count = 2, .stratify = true);
    assert_true(of_class(part.train, 255) == 1 && of_class(part.test, 0) == 1);
    part = gd_dataset_split(numbers(3), .count = 2, .stratify = true, .shuffle = false);
    assert_steps(gd_dataset_x(part.train), 0, 1);
}

/* ---- what a part is ---- */

static void numbers_are_shared(void **state)
{
    const float later[] = { 10, 20, 30, 40 };
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(4), 1, 2, 3, 4);
    gd_dataset *ds = gd_dataset_new(x, gd_arange(g, GD_INT64, 4));
    gd_dataset *chosen = gd_dataset_subset(ds, gd_values_as(g, GD_INT64, gd_shape(3), 3, 1, 3));
    gd__destroy((gd__object *)ds);
    gd_write(x, GD_FLOAT32, later, 4);
    assert_same_tensor(gd_dataset_x(chosen), gd_values(g, gd_shape(3), 40, 20, 40));
    assert_same_tensor(gd_dataset_slice(chosen, 1, 2).x, gd_values(g, gd_shape(2), 20, 40));
    assert_same_tensor(gd_dataset_gather(chosen, gd_values_as(g, GD_INT64, gd_shape(2), 1, 0)).t,
                       gd_values_as(g, GD_INT64, gd_shape(2), 1, 3));
    assert_fine(g);
}

static void parts_of_parts_are_parts(void **state)
{
    (void)state;
    gd_dataset *backward = gd_dataset_subset(numbers(6), gd_values_as(g, GD_INT64, gd_shape(5), 5, 4, 3, 2, 1));
    assert_steps(gd_dataset_x(gd_dataset_part(backward, 1, 3)), 4, -1);
    assert_steps(gd_dataset_x(gd_dataset_subset(backward, gd_values_as(g, GD_INT64, gd_shape(2), 4, 1))), 1, 3);
    gd_parts part = gd_dataset_split(backward, .count = 2, .shuffle = false);
    assert_steps(gd_dataset_t(part.train), 5, -1);
    assert_steps(gd_dataset_t(part.test), 3, -1);
    assert_int_equal(gd_dataset_count(gd_dataset_part(backward, 5, 0)), 0);
    assert_fine(g);
}

static void a_part_makes_batches_as_the_whole(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(3, 2, 1), 2, 4, 6, 8, 10, 12);
    gd_dataset *ds = gd_dataset_flatten(gd_dataset_scale(gd_dataset_new(x, gd_arange(g, GD_INT64, 3)), 2), true);
    gd_dataset_standardize(ds, (gd_moments){ gd_scalar(g, GD_FLOAT32, 1), gd_scalar(g, GD_FLOAT32, 0.5) });
    gd_parts part = gd_dataset_split(ds, .count = 1, .shuffle = false);
    assert_same_tensor(gd_dataset_slice(part.test, 0, 2).x, gd_values(g, gd_shape(2, 2), 4, 6, 8, 10));
    gd_loader *loader = gd_batches(part.test, .size = 2);
    gd_batch batch;
    assert_true(gd_next(loader, &batch));
    assert_same_tensor(batch.x, gd_dataset_slice(ds, 1, 2).x);
    assert_fine(g);
}

static void parts_live_in_the_scope_they_were_made_in(void **state)
{
    (void)state;
    gd_dataset *ds = numbers(8);
    gd_parts part;
    size_t in_use = gd_memory_used(g).in_use;
    {
        GD_SCOPE(g);
        part = gd_dataset_split(ds);
        assert_int_equal(gd_dataset_count(part.train), 6);
        gd_dataset_x(part.train);
    }
    assert_int_equal(gd_dataset_count(part.train), -1);
    assert_error(g, GD_ERROR_DEAD, "the data set was used after the scope");
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

/* A batch of a part is the caller's to write to. */
static void batches_are_copies(void **state)
{
    const int64_t other[] = { -1 };
    (void)state;
    gd_parts part = gd_dataset_split(numbers(2), .count = 1);
    gd_batch batch = gd_dataset_slice(part.train, 0, 1);
    gd_write(batch.x, GD_INT64, other, 1);
    assert_true(gd_item(gd_dataset_x(part.train)) >= 0);
}

/* ---- what is refused ---- */

static void assert_no_split(gd_parts part, gd_status status, const char *what)
{
    assert_true(gd__is_error(part.train) && gd__is_error(part.test));
    assert_error(g, status, what);
}

static void options_are_checked(void **state)
{
    gd_dataset *ds = numbers(10);
    (void)state;
    size_t in_use = gd_memory_used(g).in_use;
    assert_no_split(gd_dataset_split(ds, .fraction = 1.5), GD_ERROR_VALUE, "gd_dataset_split: the fraction is 1.5");
    assert_no_split(gd_dataset_split(ds, .fraction = -0.1), GD_ERROR_VALUE, "the fraction is -0.1");
    assert_no_split(gd_dataset_split(ds, .fraction = __builtin_nan("")), GD_ERROR_VALUE, "the fraction is nan");
    assert_no_split(gd_dataset_split(ds, .count = 11), GD_ERROR_VALUE,
                    "the count is 11, of a data set of 10 samples");
    assert_no_split(gd_dataset_split(ds, .count = -2), GD_ERROR_VALUE, "the count is -2");
    assert_no_split(gd_dataset_split(ds, .count = 5, .fraction = 0.5), GD_ERROR_VALUE, "are both set");
    assert_int_equal(gd_memory_used(g).in_use, in_use);
    gd_dataset *floats = gd_dataset_new(gd_arange(g, GD_INT64, 2), gd_zeros(g, GD_FLOAT32, gd_shape(2)));
    assert_no_split(gd_dataset_split(floats, .stratify = true), GD_ERROR_SHAPE, "only class labels");
    gd_dataset *wide = gd_dataset_new(gd_arange(g, GD_INT64, 2), gd_zeros(g, GD_INT64, gd_shape(2, 1)));
    assert_no_split(gd_dataset_split(wide, .stratify = true), GD_ERROR_SHAPE, "only class labels");
}

static void null_error_and_dead_objects_are_refused(void **state)
{
    gd_dataset *dead, *ds = numbers(4);
    (void)state;
    {
        GD_SCOPE(g);
        dead = numbers(2);
    }
    assert_no_split(gd_dataset_split(dead), GD_ERROR_DEAD, "gd_dataset_split: the data set was used after");
    assert_true(gd__is_error(gd_dataset_subset(dead, gd_arange(g, GD_INT64, 1))));
    assert_error(g, GD_ERROR_DEAD, "gd_dataset_subset");
    assert_true(gd__is_error(gd_dataset_split(NULL).train));
    assert_true(gd__is_error(gd_dataset_subset(NULL, NULL)));
    assert_fine(g);
    assert_true(gd__is_error(gd_dataset_subset(ds, NULL)));
    assert_error(g, GD_ERROR_NULL, "gd_dataset_subset: the index is NULL");
    assert_true(gd__is_error(gd_dataset_subset(ds, gd_values_as(g, GD_INT64, gd_shape(2), 0, 4))));
    assert_error(g, GD_ERROR_INDEX, "gd_dataset_subset: index[1] is 4, of a data set of 4 samples");
    assert_true(gd__is_error(gd_dataset_subset(ds, gd_zeros(g, GD_FLOAT32, gd_shape(2)))));
    assert_error(g, GD_ERROR_DTYPE, "the index is float32");
}

static void nothing_is_drawn_while_an_error_stands(void **state)
{
    gd_dataset *ds = numbers(4);
    (void)state;
    gd__random before = g->random;
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_true(gd__is_error(gd_dataset_split(ds).train));
    assert_int_equal(gd__random_bits(&g->random), gd__random_bits(&before));
    gd_clear(g);
}

static bool split_twice(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_dataset *ds = gd_dataset_new(gd_arange(own, GD_INT64, 6), gd_arange(own, GD_INT64, 6));
    gd_parts part = gd_dataset_split(ds, .stratify = true), again = gd_dataset_split(part.train, .count = 1);
    return gd__alive(gd_dataset_subset(again.train, gd_arange(own, GD_INT64, 1))) &&
           gd__alive(gd_dataset_x(part.test));
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, split_twice) > 20);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_parts_are_those_of_pytorch),
        IN_CONTEXT(a_fraction_is_rounded),
        IN_CONTEXT(the_same_seed_gives_the_same_parts),
        IN_CONTEXT(without_shuffling_the_first_part_is_the_front),
        IN_CONTEXT(classes_keep_their_shares),
        IN_CONTEXT(what_is_rounded_off_goes_to_the_largest_remainder),
        IN_CONTEXT(a_stratified_split_goes_by_the_same_order),
        IN_CONTEXT(any_labels_can_be_stratified_by),
        IN_CONTEXT(numbers_are_shared),
        IN_CONTEXT(parts_of_parts_are_parts),
        IN_CONTEXT(a_part_makes_batches_as_the_whole),
        IN_CONTEXT(parts_live_in_the_scope_they_were_made_in),
        IN_CONTEXT(batches_are_copies),
        IN_CONTEXT(options_are_checked),
        IN_CONTEXT(null_error_and_dead_objects_are_refused),
        IN_CONTEXT(nothing_is_drawn_while_an_error_stands),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
