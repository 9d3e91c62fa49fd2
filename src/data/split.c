/* split.c - the samples of a data set in two parts, or those at an index. */
#include "data/dataset.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>

static bool usable(const gd_dataset *ds, const char *function)
{
    return gd__usable(gd__context(ds), ds, function, "the data set");
}

/* ---- the samples at an index ---- */

/* The rows of the samples at an index; NULL with the error set. */
static gd_tensor *rows_of(const gd_dataset *ds, const gd_tensor *index)
{
    const int64_t *at = (const int64_t *)index->data;
    gd_tensor *rows = gd__tensor(ds->object.context, &(gd__meta){ .dtype = GD_INT64, .shape = gd__shape(index) });
    for (int64_t i = 0; rows && i < index->numel; i++)
        ((int64_t *)rows->data)[i] = gd__row(ds, at[i * index->stride[0]]);
    return rows;
}

gd_dataset *gd_dataset_subset(gd_dataset *ds, const gd_tensor *index)
{
    gd_context *g = gd__context(ds);
    if (!usable(ds, "gd_dataset_subset") || !gd__check_index(ds, index, "gd_dataset_subset"))
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_dataset_subset";
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context != NULL;
    gd_dataset *subset = gd__dataset_out(g, &scope, good ? gd__dataset_of(ds, rows_of(ds, index)) : NULL);
    g->running = outer;
    return subset;
}

/* ---- how many of each class ---- */

typedef struct share {
    int64_t label, samples;
    int64_t quota;    /* how many of them go to the first part */
    double remainder; /* what was rounded off from it */
} share;

static int by_label(const void *first, const void *second)
{
    int64_t a = ((const share *)first)->label, b = ((const share *)second)->label;
    return (a > b) - (a < b);
}

/* The largest remainder first, of equal ones the lower label. */
static int by_remainder(const void *first, const void *second)
{
    double a = ((const share *)first)->remainder, b = ((const share *)second)->remainder;
    return a != b ? (a < b) - (a > b) : by_label(first, second);
}

/* One share a label, sorted by label, in a block for as many as there are samples; returns how many. */
static int64_t count_labels(const gd_dataset *ds, share *shares)
{
    int64_t count = 0;
    for (int64_t i = 0; i < ds->count; i++)
        shares[i] = (share){ .label = gd__label(ds, i), .samples = 1 };
    qsort(shares, (size_t)ds->count, sizeof *shares, by_label);
    for (int64_t i = 0; i < ds->count; i++) {
        if (count > 0 && shares[count - 1].label == shares[i].label)
            shares[count - 1].samples++;
        else
            shares[count++] = shares[i];
    }
    return count;
}

/* The first part has of each label its share of `first`, rounded down, and what that leaves over goes to the largest
 * remainders. The shares end up sorted by label. */
static void set_quotas(share *shares, int64_t count, int64_t first, int64_t samples)
{
    int64_t left = first;
    for (int64_t i = 0; i < count; i++) {
        double exact = (double)shares[i].samples * (double)first / (double)samples;
        shares[i].quota = (int64_t)exact;
        shares[i].remainder = exact - floor(exact);
        left -= shares[i].quota;
    }
    qsort(shares, (size_t)count, sizeof *shares, by_remainder);
    for (int64_t i = 0; i < left; i++)
        shares[i].quota++;
    qsort(shares, (size_t)count, sizeof *shares, by_label);
}

/* Goes through the samples in their order, and puts those that their label's quota still has room for before the
 * others. */
static void part_by_quota(const gd_dataset *ds, share *shares, int64_t count, const int64_t *order, int64_t first,
                          int64_t *parted)
{
    int64_t of_first = 0, of_second = first;
    for (int64_t i = 0; i < ds->count; i++) {
        share key = { .label = gd__label(ds, order[i]) };
        share *found = bsearch(&key, shares, (size_t)count, sizeof *shares, by_label);
        parted[found->quota-- > 0 ? of_first++ : of_second++] = order[i];
    }
}

static bool stratify(const gd_dataset *ds, int64_t first, int64_t *order)
{
    gd_context *g = ds->object.context;
    size_t room = (size_t)ds->count * sizeof(share), bytes = (size_t)ds->count * sizeof *order;
    share *shares = gd__alloc(g, room);
    int64_t *parted = shares ? gd__alloc(g, bytes) : NULL;
    if (parted) {
        int64_t count = count_labels(ds, shares);
        set_quotas(shares, count, first, ds->count);
        part_by_quota(ds, shares, count, order, first, parted);
        for (int64_t i = 0; i < ds->count; i++)
            order[i] = parted[i];
    }
    gd__free(g, parted, bytes);
    gd__free(g, shares, room);
    return parted != NULL;
}

/* ---- the split ---- */

static bool options_fit(gd_context *g, const gd_split_options *o)
{
    char text[GD__NUMBER_SIZE];
    gd__fault fault = { GD_ERROR_VALUE, 0, "gd_dataset_split", "Pass .fraction, from 0 to 1, or .count" };
    if (o->given && gd__given(o->given, "fraction") && gd__given(o->given, "count"))
        gd__fail(g, fault, ".fraction and .count are both set");
    else if (!(o->fraction >= 0 && o->fraction <= 1))
        gd__fail(g, fault, "the fraction is %s", gd__number_text(o->fraction, 6, text));
    else if (o->count < -1 || o->count > o->dataset->count)
        gd__fail(g, fault, "the count is %lld, of a data set of %lld samples", (long long)o->count,
                 (long long)o->dataset->count);
    else if (o->stratify && !gd__has_labels(o->dataset)) {
        fault = (gd__fault){ GD_ERROR_SHAPE, 0, "gd_dataset_split", "Split it without .stratify" };
        gd__fail(g, fault, "only class labels, (N,) of int64 or uint8, can be stratified by");
    } else
        return true;
    return false;
}

/* The samples in the order in which they are parted; NULL with the error set. */
static gd_tensor *order_of(const gd_split_options *o, int64_t first)
{
    const gd_dataset *ds = o->dataset;
    gd_context *g = ds->object.context;
    gd_tensor *order = o->shuffle ? gd_randperm(g, ds->count) : gd_arange(g, GD_INT64, ds->count);
    bool good = gd__alive(order) && (!o->stratify || stratify(ds, first, (int64_t *)order->data));
    return good ? rows_of(ds, order) : NULL;
}

static gd_parts split_at(const gd_split_options *o, int64_t first)
{
    gd_dataset *ds = o->dataset;
    gd_context *g = ds->object.context;
    gd_parts none = { gd__error_object(g), gd__error_object(g) };
    gd_scope scope = gd_scope_enter(g);
    gd_tensor *order = scope.context ? order_of(o, first) : NULL;
    gd_dataset *train = order ? gd__dataset_of(ds, gd__rows(order, 0, first)) : NULL;
    gd_dataset *test = train ? gd__dataset_of(ds, gd__rows(order, first, ds->count - first)) : NULL;
    if (test)
        gd__dataset_move(train, scope.depth - 1);
    gd__dataset_out(g, &scope, test);
    return test ? (gd_parts){ train, test } : none;
}

gd_parts gd_dataset_split_with(gd_split_options options)
{
    gd_dataset *ds = options.dataset;
    gd_context *g = gd__context(ds);
    gd_parts none = { gd__error_object(g), gd__error_object(g) };
    if (!gd__given(options.given, "fraction"))
        options.fraction = 0.75;
    if (!gd__given(options.given, "count"))
        options.count = -1;
    if (!gd__given(options.given, "shuffle"))
        options.shuffle = true;
    if (!usable(ds, "gd_dataset_split") || g->failed || !options_fit(g, &options))
        return none;
    const char *outer = g->running;
    g->running = "gd_dataset_split";
    int64_t first = options.count >= 0 ? options.count : (int64_t)round(options.fraction * (double)ds->count);
    gd_parts split = split_at(&options, first);
    g->running = outer;
    return split;
}
