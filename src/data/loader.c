/* loader.c - batches of a data set in an order. */
#include "data/dataset.h"

#include "base/trace.h"

struct gd_loader {
    gd__object object;
    gd_dataset *dataset;
    uint64_t dataset_serial; /* it may go before the loader */
    int64_t size;
    bool shuffle, replacement, drop_last;
    int64_t *order; /* with shuffle: of the epoch; with replacement: of the batch */
    int64_t room;   /* of the order */
    int64_t position, epoch;
};

static void destroy(gd__object *object)
{
    gd_loader *loader = (gd_loader *)object;
    gd__free(object->context, loader->order, (size_t)loader->room * sizeof *loader->order);
}

static const gd__class loader_class = { "loader", sizeof(gd_loader), destroy };

/* ---- making ---- */

static bool check_options(gd_context *g, const gd_batches_options *options)
{
    gd__fault fault = { GD_ERROR_VALUE, 0, "gd_batches", "A batch needs one sample at least" };
    if (options->size < 1 || options->size > INT64_MAX / 16)
        gd__fail(g, fault, "size is %lld", (long long)options->size);
    else if (options->shuffle && options->replacement) {
        fault.remedy = "Choose one: shuffle draws each sample once an epoch, replacement any sample at any time";
        gd__fail(g, fault, "shuffle and replacement are both set");
    } else if (options->replacement && options->dataset->count == 0) {
        fault.remedy = "Fill the data set first";
        gd__fail(g, fault, "samples can't be drawn from a data set of none");
    } else
        return true;
    return false;
}

static gd_loader *make(gd_context *g, const gd_batches_options *options)
{
    gd_loader *loader = gd__new(g, &loader_class);
    if (!loader)
        return gd__error_object(g);
    loader->dataset = options->dataset;
    loader->dataset_serial = options->dataset->object.serial;
    loader->size = options->size;
    loader->shuffle = options->shuffle;
    loader->replacement = options->replacement;
    loader->drop_last = options->drop_last;
    int64_t room = options->shuffle ? options->dataset->count : options->replacement ? options->size : 0;
    loader->order = room > 0 ? gd__alloc(g, (size_t)room * sizeof *loader->order) : NULL;
    if (room > 0 && !loader->order) {
        gd__destroy(&loader->object);
        return gd__error_object(g);
    }
    loader->room = room;
    return loader;
}

gd_loader *gd_batches_with(gd_batches_options options)
{
    gd_context *g = gd__context(options.dataset);
    if (!gd__usable(g, options.dataset, "gd_batches", "the data set"))
        return gd__error_object(g);
    if (!gd__given(options.given, "size"))
        options.size = 1;
    if (!check_options(g, &options))
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_batches";
    gd_loader *loader = make(g, &options);
    g->running = outer;
    return loader;
}

/* ---- batches ---- */

static bool usable(const gd_loader *loader, const char *function)
{
    return gd__usable(gd__context(loader), loader, function, "the loader");
}

static bool has_dataset(const gd_loader *loader, const char *function)
{
    const gd__object *object = &loader->dataset->object;
    if (gd__alive(object) && object->class == &gd__dataset_class && object->serial == loader->dataset_serial)
        return true;
    gd__fail(loader->object.context,
             (gd__fault){ GD_ERROR_DEAD, 0, function, "Make the loader in the data set's scope, or one within it" },
             "the loader's data set went with its scope");
    return false;
}

/* How many samples the next batch has, 0 at the end of the epoch. */
static int64_t next_size(const gd_loader *loader)
{
    int64_t left = loader->dataset->count - loader->position;
    if (loader->replacement || left >= loader->size)
        return loader->size;
    return loader->drop_last ? 0 : left;
}

static gd_batch make_batch(gd_loader *loader, int64_t count)
{
    gd__random *random = &loader->object.context->random;
    if (loader->replacement) {
        gd__random_integers(random, loader->order, count, 0, loader->dataset->count);
        return gd__gather(loader->dataset, loader->order, 1, count);
    }
    if (!loader->shuffle)
        return gd__slice(loader->dataset, loader->position, count);
    if (loader->position == 0)
        gd__random_permutation(random, loader->order, loader->room);
    return gd__gather(loader->dataset, loader->order + loader->position, 1, count);
}

static bool next(gd_loader *loader, gd_batch *batch)
{
    int64_t count = next_size(loader);
    if (count == 0) {
        loader->position = 0;
        loader->epoch++;
        return false;
    }
    *batch = make_batch(loader, count);
    if (!gd__alive(batch->x))
        return false;
    loader->position += count;
    return true;
}

bool gd_next(gd_loader *loader, gd_batch *batch)
{
    gd_context *g = gd__context(loader);
    if (batch)
        *batch = gd__no_batch(g);
    if (!usable(loader, "gd_next") || g->failed || !has_dataset(loader, "gd_next") ||
        !gd__may_stray(g, "gd_next", "Take batches outside of the step, and pass them to gd_run"))
        return false;
    if (!batch) {
        gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_next", "Pass the address of a gd_batch" },
                 "the batch is NULL");
        return false;
    }
    const char *outer = g->running;
    g->running = "gd_next";
    bool good = next(loader, batch);
    g->running = outer;
    return good;
}

int64_t gd_loader_position(const gd_loader *loader)
{
    return usable(loader, "gd_loader_position") ? loader->position : -1;
}

int64_t gd_loader_epoch(const gd_loader *loader)
{
    return usable(loader, "gd_loader_epoch") ? loader->epoch : -1;
}

int64_t gd_loader_batches(const gd_loader *loader)
{
    if (!usable(loader, "gd_loader_batches") || !has_dataset(loader, "gd_loader_batches"))
        return -1;
    int64_t count = loader->dataset->count, rest = count % loader->size;
    return count / loader->size + (rest > 0 && !loader->drop_last);
}

gd_loader *gd_loader_rewind(gd_loader *loader)
{
    gd_context *g = gd__context(loader);
    if (!usable(loader, "gd_loader_rewind") || g->failed)
        return gd__error_object(g);
    loader->position = 0;
    return loader;
}
