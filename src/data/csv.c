/* csv.c - a table as a data set: some columns are the inputs, one (or several) the targets. */
#include "data/dataset.h"

#include "base/text.h"
#include "io/csv.h"

#include <stdlib.h>
#include <string.h>

/* Each label text is a class as it comes; at the end the classes get their numbers. */
typedef struct labels {
    gd__names classes;
    int64_t *line; /* in which each came first */
    int line_room;
    bool closed; /* the classes are given: no other may come */
} labels;

typedef struct reading {
    gd__csv csv;
    const gd_csv_options *options;
    gd_context *context;
    gd__csv_columns inputs, targets;
    gd__csv_rows x, t; /* t: of places in the list of classes, or of numbers */
    labels labels;
} reading;

/* ---- labels as they come ---- */

static int new_class(reading *r, const char *text, int64_t line)
{
    labels *l = &r->labels;
    if (!gd__grow(r->context, (void **)&l->line, &l->line_room, l->classes.count + 1, sizeof *l->line) ||
        !gd__names_add(r->context, &l->classes, text))
        return -1;
    l->line[l->classes.count - 1] = line;
    return l->classes.count - 1;
}

/* The place of the row's label in the list of classes, or -1 with the error set. */
static int class_of(reading *r, int column)
{
    char names[GD__NAMES_SIZE];
    const char *text = gd__csv_label(&r->csv, column);
    int64_t line = r->csv.field[column].line;
    int class = text ? gd__names_find(&r->labels.classes, text) : -1;
    if (!text || class >= 0)
        return class;
    if (!r->labels.closed)
        return new_class(r, text, line);
    gd__csv_fault(&r->csv, line, column, "Add it to .classes, or leave such rows out",
                  "'%.60s' is none of the classes %s", text, gd__names_text(&r->labels.classes, names));
    return -1;
}

static bool add_label(reading *r)
{
    int class = class_of(r, r->targets.at[0]);
    int64_t *to = class >= 0 ? gd__csv_rows_next(r->context, &r->t) : NULL;
    if (to)
        *to = class;
    return to != NULL;
}

/* ---- the numbers of the classes ---- */

typedef struct class_rank {
    const char *text;
    double value; /* where all texts are numbers; else 0 */
    int class;
} class_rank;

static int by_rank(const void *first, const void *second)
{
    const class_rank *a = first, *b = second;
    return a->value != b->value ? (a->value > b->value) - (a->value < b->value) : strcmp(a->text, b->text);
}

static bool is_number(const reading *r, int class, double *value)
{
    return gd__read_number(r->labels.classes.name[class], r->csv.decimal, value) == GD__IS_NUMBER;
}

static bool all_numbers(const reading *r)
{
    double value;
    for (int i = 0; i < r->labels.classes.count; i++) {
        if (!is_number(r, i, &value))
            return false;
    }
    return true;
}

/* The classes in sorted order: the names then stand in it, and `number` says where each went. */
static bool sort_classes(reading *r, int64_t *number)
{
    gd__names *classes = &r->labels.classes, sorted = { .name = NULL };
    size_t room = (size_t)classes->count * sizeof(class_rank);
    class_rank *rank = gd__alloc(r->context, room);
    bool good = rank != NULL, numbers = all_numbers(r);
    for (int i = 0; good && i < classes->count; i++) {
        rank[i] = (class_rank){ .text = classes->name[i], .class = i };
        if (numbers)
            is_number(r, i, &rank[i].value);
    }
    if (good)
        qsort(rank, (size_t)classes->count, sizeof *rank, by_rank);
    for (int i = 0; good && i < classes->count; i++) {
        number[rank[i].class] = i;
        good = gd__names_add(r->context, &sorted, rank[i].text);
    }
    gd__free(r->context, rank, room);
    gd__names_free(r->context, good ? classes : &sorted);
    if (good)
        *classes = sorted;
    return good;
}

/* Labels that are whole numbers from 0 are their own numbers, and need no names. */
static bool keep_numbers(reading *r, int64_t *number)
{
    enum { LARGEST = 1 << 30 };
    for (int i = 0; i < r->labels.classes.count; i++) {
        double value = -1;
        is_number(r, i, &value);
        if (value < 0 || value > LARGEST || value != (double)(int64_t)value)
            return gd__csv_fault(&r->csv, r->labels.line[i], r->targets.at[0],
                                 "Set .as to GD_CSV_NUMBERS for regression, or to GD_CSV_SORTED to make each a class",
                                 "'%.60s' is no class label: they are whole numbers from 0, or text",
                                 r->labels.classes.name[i]);
        number[i] = (int64_t)value;
    }
    gd__names_free(r->context, &r->labels.classes);
    return true;
}

static bool number_classes(reading *r, int64_t *number)
{
    gd_csv_target as = r->options->as;
    for (int i = 0; i < r->labels.classes.count; i++)
        number[i] = i;
    if (r->labels.closed || as == GD_CSV_APPEARANCE)
        return true;
    return as == GD_CSV_LABELS && all_numbers(r) ? keep_numbers(r, number) : sort_classes(r, number);
}

static bool finish_labels(reading *r)
{
    size_t room = (size_t)r->labels.classes.count * sizeof(int64_t);
    int64_t *number = gd__alloc(r->context, room), *label = (int64_t *)(void *)r->t.numbers;
    bool good = number && number_classes(r, number);
    for (int i = 0; good && i < r->t.count; i++)
        label[i] = number[label[i]];
    gd__free(r->context, number, room);
    return good;
}

/* ---- columns ---- */

static bool options_fit(const gd_csv_options *o)
{
    gd__fault fault = { .status = GD_ERROR_VALUE,
                        .remedy = "Use GD_CSV_LABELS, GD_CSV_SORTED, GD_CSV_APPEARANCE or "
                                  "GD_CSV_NUMBERS" };
    if (o->as < GD_CSV_LABELS || o->as > GD_CSV_NUMBERS)
        gd__fail(o->context, fault, "targets can't be made as %d", (int)o->as);
    else if (o->classes && (o->as == GD_CSV_NUMBERS || !*o->classes)) {
        fault.remedy = "Leave .classes out";
        gd__fail(o->context, fault,
                 *o->classes ? "targets that are numbers have no .classes" : ".classes names none");
    } else
        return true;
    return false;
}

static bool take_classes(reading *r)
{
    gd__names *classes = &r->labels.classes;
    if (!gd__names_add_all(r->context, classes, r->options->classes))
        return false;
    r->labels.closed = r->options->classes != NULL;
    for (int i = 0; i < classes->count; i++) {
        if (gd__names_find(classes, classes->name[i]) == i)
            continue;
        gd__fail(r->context, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Name each class once" },
                 ".classes has '%.60s' twice", classes->name[i]);
        return false;
    }
    return true;
}

static bool choose_columns(reading *r)
{
    const char *target = r->options->target ? r->options->target : "-1";
    bool numbers = r->options->as == GD_CSV_NUMBERS;
    if (!gd__csv_find(&r->csv, ".target", target, &r->targets) || !gd__csv_choose(&r->csv, &r->targets, &r->inputs) ||
        !take_classes(r))
        return false;
    if (!numbers && r->targets.count > 1) {
        gd__fail(r->context,
                 (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Set .as = GD_CSV_NUMBERS for regression" },
                 "'%.60s' names %d columns, and class labels stand in one", target, r->targets.count);
        return false;
    }
    gd_dtype dtype = gd__dtype(r->context, r->options->dtype);
    r->x = (gd__csv_rows){ .dtype = dtype, .width = r->inputs.count };
    r->t = (gd__csv_rows){ .dtype = numbers ? dtype : GD_INT64, .width = r->targets.count };
    return true;
}

/* ---- the table ---- */

static bool read_rows(reading *r)
{
    bool numbers = r->options->as == GD_CSV_NUMBERS;
    gd__csv_row row;
    while ((row = gd__csv_next(&r->csv)) == GD__CSV_ROW) {
        if (!gd__csv_rows_add(&r->csv, &r->inputs, &r->x) ||
            !(numbers ? gd__csv_rows_add(&r->csv, &r->targets, &r->t) : add_label(r)))
            return false;
    }
    if (row == GD__CSV_END && r->x.count == 0)
        return gd__csv_no_rows(&r->csv);
    return row == GD__CSV_END && (numbers || finish_labels(r));
}

static bool name_features(const reading *r, gd__names *features)
{
    for (int i = 0; r->csv.header.count > 0 && i < r->inputs.count; i++) {
        if (!gd__names_add(r->context, features, r->csv.header.name[r->inputs.at[i]]))
            return false;
    }
    return true;
}

static gd_dataset *make(reading *r)
{
    gd_tensor *x = gd__csv_rows_tensor(r->context, &r->x, false);
    gd_tensor *t = gd__csv_rows_tensor(r->context, &r->t, r->t.dtype == GD_INT64);
    gd_dataset *ds = gd__dataset(x, t);
    if (!ds || !name_features(r, &ds->features))
        return NULL;
    ds->classes = r->labels.classes;
    r->labels.classes = (gd__names){ .name = NULL };
    return ds;
}

static void finish(reading *r)
{
    gd__csv_columns_free(r->context, &r->inputs);
    gd__csv_columns_free(r->context, &r->targets);
    gd__csv_rows_free(r->context, &r->x);
    gd__csv_rows_free(r->context, &r->t);
    gd__names_free(r->context, &r->labels.classes);
    gd__free(r->context, r->labels.line, (size_t)r->labels.line_room * sizeof *r->labels.line);
    gd__csv_close(&r->csv);
}

static gd_dataset *read_table(const gd_csv_options *options)
{
    reading r = { .options = options, .context = options->context };
    if (!options_fit(options) || !gd__csv_open(&r.csv, options))
        return NULL;
    gd_dataset *ds = choose_columns(&r) && read_rows(&r) ? make(&r) : NULL;
    finish(&r);
    return ds;
}

gd_dataset *gd_dataset_csv_with(gd_csv_options options)
{
    gd_context *g = options.context;
    if (!g || g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_dataset_csv";
    gd_scope scope = gd_scope_enter(g);
    gd_dataset *ds = gd__dataset_out(g, &scope, scope.context ? read_table(&options) : NULL);
    g->running = outer;
    return ds;
}
