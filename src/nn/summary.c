/* summary.c - a table of a network's layers. */
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

typedef enum column { LAYER, OUTPUT, PARAMETERS, TRAINABLE, BYTES, COLUMNS } column;

enum { CELL_SIZE = GD__TEXT_SIZE };

typedef struct row {
    char cell[COLUMNS][CELL_SIZE];
} row;

/* What a layer's own members come to; one that is shared counts at its first place. */
typedef struct sums {
    int64_t trainable, frozen;
    size_t bytes;
} sums;

/* The walk goes by twice: first the columns' widths are found, then the rows are written. */
typedef struct table {
    FILE *to;
    int width[COLUMNS];
    bool write;
    uint64_t mark; /* of the members that were counted */
    sums total;
} table;

/* ---- cells ---- */

/* With a comma between thousands: "39,250". */
static void write_number(char *text, int64_t number)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)number);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *text++ = ',';
        *text++ = digits[i];
    }
    *text = '\0';
}

static void measure(table *t, const row *r)
{
    for (int i = 0; i < COLUMNS; i++)
        if ((int)strlen(r->cell[i]) > t->width[i])
            t->width[i] = (int)strlen(r->cell[i]);
}

/* Numbers stand to the right of their column; no line ends in spaces. */
static void write_row(const table *t, const row *r)
{
    int last = COLUMNS - 1;
    while (last > 0 && !*r->cell[last])
        last--;
    for (int i = 0; i <= last; i++) {
        bool right = i == PARAMETERS || i == BYTES;
        int width = right ? t->width[i] : i < last ? -t->width[i] : 0;
        fprintf(t->to, "%*s%s", width, r->cell[i], i < last ? "  " : "\n");
    }
}

static void put_row(table *t, const row *r)
{
    if (t->write)
        write_row(t, r);
    else
        measure(t, r);
}

static void put_rule(const table *t)
{
    int width = 2 * (COLUMNS - 1);
    for (int i = 0; i < COLUMNS; i++)
        width += t->width[i];
    for (int i = 0; t->write && i < width; i++)
        fputc('-', t->to);
    if (t->write)
        fputc('\n', t->to);
}

/* ---- rows ---- */

static sums count(table *t, const gd_layer *layer)
{
    sums own = { .bytes = 0 };
    for (int i = 0; i < layer->members; i++) {
        gd_tensor *tensor = layer->member[i].tensor;
        if (tensor->mark == t->mark)
            continue;
        tensor->mark = t->mark;
        own.bytes += (size_t)tensor->numel * gd__dtypes[tensor->dtype].size;
        if (layer->member[i].role == GD__PARAMETER)
            *(tensor->requires_grad ? &own.trainable : &own.frozen) += tensor->numel;
    }
    t->total.trainable += own.trainable;
    t->total.frozen += own.frozen;
    t->total.bytes += own.bytes;
    return own;
}

static void write_sums(row *r, sums own, bool shared)
{
    strcpy(r->cell[PARAMETERS], shared ? "shared" : "-");
    strcpy(r->cell[TRAINABLE], "-");
    strcpy(r->cell[BYTES], "-");
    if (own.trainable + own.frozen > 0) {
        write_number(r->cell[PARAMETERS], own.trainable + own.frozen);
        strcpy(r->cell[TRAINABLE], own.frozen == 0 ? "yes" : own.trainable == 0 ? "no" : "in part");
    }
    if (own.bytes > 0)
        write_number(r->cell[BYTES], (int64_t)own.bytes);
}

static bool put_layer(void *user, const gd__path *path, gd_layer *layer)
{
    row r;
    int depth = 0;
    for (const gd__path *outer = path; outer; outer = outer->outer)
        depth++;
    snprintf(r.cell[LAYER], CELL_SIZE, "%*s%s%s%s", 2 * depth, "", path ? path->name : "", path ? " " : "",
             layer->name);
    strcpy(r.cell[OUTPUT], "-");
    if (layer->made.count >= 0)
        gd__shape_text(layer->made, r.cell[OUTPUT]);
    sums own = count(user, layer);
    write_sums(&r, own, layer->members > 0 && own.bytes == 0);
    put_row(user, &r);
    return true;
}

static void put_total(table *t)
{
    row r = { { "total" } };
    write_sums(&r, t->total, false);
    put_row(t, &r);
    row trainable = { { "  trainable" } }, frozen = { { "  frozen" } };
    write_number(trainable.cell[PARAMETERS], t->total.trainable);
    write_number(frozen.cell[PARAMETERS], t->total.frozen);
    put_row(t, &trainable);
    put_row(t, &frozen);
}

/* False where the network is not whole. */
static bool go_by(table *t, gd_layer *layer)
{
    t->mark = gd__new_mark(layer->object.context);
    t->total = (sums){ .bytes = 0 };
    put_row(t, &(row){ { "layer", "output", "parameters", "trainable", "bytes" } });
    put_rule(t);
    if (!gd__each_layer(layer, put_layer, t))
        return false;
    put_rule(t);
    put_total(t);
    return true;
}

void gd_summary(gd_layer *layer, FILE *to)
{
    table t = { .to = to };
    if (!to)
        return;
    bool good = gd__layer_usable(layer, "gd_summary") && go_by(&t, layer);
    t.write = true;
    if (!good || !go_by(&t, layer))
        fprintf(to, "%s\n", gd_message(gd__context(layer)));
}
