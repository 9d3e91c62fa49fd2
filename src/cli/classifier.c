/* classifier.c - the network of train and evaluate, and the file between them. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static gd_tensor *small_weights(gd_context *g, int64_t rows, int64_t columns)
{
    return gd_mul_scalar(gd_randn(g, GD_DEFAULT, gd_shape(rows, columns)), 0.01);
}

gd_layer *classifier(gd_context *g, int64_t in, int64_t hidden, int64_t classes)
{
    gd_tensor *W1 = small_weights(g, in, hidden), *b1 = gd_zeros(g, GD_DEFAULT, gd_shape(hidden));
    gd_tensor *W2 = small_weights(g, hidden, classes), *b2 = gd_zeros(g, GD_DEFAULT, gd_shape(classes));
    return gd_sequential(g, gd_affine(W1, b1), gd_relu_layer(g), gd_affine(W2, b2));
}

/* ---- writing ---- */

static void add_parameters(gd_archive *model, gd_layer *net)
{
    for (int i = 0; i < gd_parameter_count(net); i++) {
        char name[64];
        gd_parameter_name(net, i, name, sizeof name);
        gd_archive_add(model, name, gd_parameter(net, i));
    }
}

/* "class 0", "class 1", ... */
static void note_names(gd_archive *model, const char *what, const char *const *names)
{
    for (int i = 0; names && names[i]; i++) {
        char key[64];
        snprintf(key, sizeof key, "%s %d", what, i);
        gd_archive_set_note(model, key, names[i]);
    }
}

static void add_table(gd_archive *model, const trained_table *table)
{
    gd_archive_add(model, "mean", table->moments.mean);
    gd_archive_add(model, "deviation", table->moments.deviation);
    note_names(model, "feature", gd_dataset_feature_names(table->rows));
    note_names(model, "class", gd_dataset_class_names(table->rows));
    if (table->options.target)
        gd_archive_set_note(model, "target", table->options.target);
    if (table->options.ignore)
        gd_archive_set_note(model, "ignore", table->options.ignore);
}

bool save_model(gd_layer *net, const trained_table *table, const char *path)
{
    gd_archive *model = gd_archive_new(gd_context_of(gd_parameter(net, 0)));
    add_parameters(model, net);
    if (table)
        add_table(model, table);
    return gd_archive_write(model, path);
}

/* ---- reading ---- */

gd_layer *load_classifier(gd_context *g, gd_archive *model)
{
    return gd_sequential(g, gd_affine(gd_archive_get(model, "0.W"), gd_archive_get(model, "0.b")), gd_relu_layer(g),
                         gd_affine(gd_archive_get(model, "2.W"), gd_archive_get(model, "2.b")));
}

static const char *noted_name(gd_archive *model, const char *what, int index)
{
    char key[64];
    snprintf(key, sizeof key, "%s %d", what, index);
    return gd_archive_note(model, key);
}

/* The names of the classes, NULL where their labels are their numbers. The caller frees the list. */
static const char **noted_classes(gd_archive *model)
{
    int count = 0;
    while (*noted_name(model, "class", count))
        count++;
    const char **names = count > 0 ? malloc(((size_t)count + 1) * sizeof *names) : NULL;
    for (int i = 0; names && i <= count; i++)
        names[i] = i < count ? noted_name(model, "class", i) : NULL;
    return names;
}

/* Columns in another order would be taken for others. Says so where they are. */
static bool same_columns(gd_archive *model, const gd_dataset *rows)
{
    const char *const *names = gd_dataset_feature_names(rows);
    for (int i = 0; names && names[i]; i++) {
        const char *noted = noted_name(model, "feature", i);
        if (!*noted || strcmp(noted, names[i]) == 0)
            continue;
        fprintf(stderr, "gradus: column '%s' stands where the model was trained on '%s'\n", names[i], noted);
        return false;
    }
    return true;
}

static const char *or_noted(const char *asked, gd_archive *model, const char *key)
{
    const char *noted = gd_archive_note(model, key);
    return asked || !*noted ? asked : noted;
}

gd_dataset *load_table(gd_context *g, gd_archive *model, const char *path, table_options options)
{
    const char **classes = noted_classes(model);
    options.target = or_noted(options.target, model, "target");
    options.ignore = or_noted(options.ignore, model, "ignore");
    gd_dataset *rows = read_table(g, path, &options, classes);
    gd_moments moments = { gd_archive_get(model, "mean"), gd_archive_get(model, "deviation") };
    free(classes);
    return same_columns(model, rows) ? gd_dataset_standardize(rows, moments) : NULL;
}
