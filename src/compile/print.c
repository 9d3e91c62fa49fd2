/* print.c - a plan in words: what a replay does, on what, and what it costs. */
#include "compile/passes.h"

#include <stdio.h>
#include <string.h>

enum { TEXT = 64, LINE_TEXT = 512 };

/* ---- cells ---- */

/* "in0", "weight", "grad of weight", "b3" of the plan's own buffers, "c1" of what never changes. */
static const char *cell_name(const gd__recording *r, int index, char *text)
{
    const gd__cell *cell = &r->cell[index];
    switch (cell->origin) {
    case GD__GIVEN: snprintf(text, TEXT, "in%d", cell->input); break;
    case GD__OUTSIDE: snprintf(text, TEXT, "%s%s#%d", cell->name, cell->name[0] ? " " : "", index); break;
    case GD__FIXED: snprintf(text, TEXT, "c%d", index); break;
    case GD__MADE: snprintf(text, TEXT, "b%d", index); break;
    }
    return text;
}

static void put_look(const gd__recording *r, const gd__look *look, char *line)
{
    char name[TEXT], shape[GD__TEXT_SIZE];
    size_t used = strlen(line);
    const gd_tensor *t = &look->tensor;
    snprintf(line + used, LINE_TEXT - used, "%s%s %s%s", used ? ", " : "", cell_name(r, look->cell, name),
             gd__shape_text(gd__shape(t), shape), t->contiguous ? "" : "'");
}

/* ---- costs ---- */

static double arithmetic_of(const gd__instruction *i)
{
    if (i->looks == 0)
        return 0;
    const gd_tensor *y = &i->look[0].tensor, *x = &i->look[i->looks > i->outs ? i->outs : 0].tensor;
    if (i->id == GD__OP_matmul && i->kind == GD__OPERATION)
        return 2 * (double)y->numel * (double)x->shape[x->ndim - 1];
    if (i->kind == GD__OPERATION && i->id == GD__OP_clone)
        return 0;
    return (double)(y->numel > x->numel ? y->numel : x->numel);
}

/* Does a part of the step make this cell, and another take it? Then it does not go through memory, or only through the cache. */
static bool is_inner(const gd__recording *r, const gd__step *step, const gd__look *look)
{
    int touched = 0, written = 0;
    for (int n = 0; n < step->instructions; n++) {
        written += gd__writes_cell(step->part[n], look->cell);
        touched += gd__reads_cell(step->part[n], look->cell) || gd__writes_cell(step->part[n], look->cell);
    }
    return touched > 1 && written > 0 && r->cell[look->cell].origin == GD__MADE;
}

/* Does the n-th part read what an earlier one has read, or made? */
static bool is_at_hand(const gd__step *step, int n, int k)
{
    int cell = step->part[n]->look[k].cell;
    for (int i = 0; i < n && !gd__writes_look(step->part[n], k); i++)
        if (gd__reads_cell(step->part[i], cell) || gd__writes_cell(step->part[i], cell))
            return true;
    return false;
}

static bool counts(const gd__recording *r, const gd__step *step, int n, int k)
{
    return !is_inner(r, step, &step->part[n]->look[k]) && !is_at_hand(step, n, k);
}

static double bytes_of(const gd__recording *r, const gd__step *step)
{
    double bytes = 0;
    for (int n = 0; n < step->instructions; n++)
        for (int k = 0; k < step->part[n]->looks; k++) {
            const gd__look *look = &step->part[n]->look[k];
            size_t size = (size_t)look->tensor.numel * gd__dtypes[look->tensor.dtype].size;
            bytes += counts(r, step, n, k) ? (double)size : 0;
        }
    return bytes;
}

/* ---- steps ---- */

static const char *what_is(const gd__instruction *i)
{
    static const char *const kinds[] = { [GD__DRAW] = "draw", [GD__HOST] = "call", [GD__CHECK] = "check" };
    if (i->kind == GD__OPERATION || i->kind == GD__UPDATE)
        return i->op->info.name;
    return i->user.operation ? i->user.options->name : kinds[i->kind];
}

static void put_names(const gd__step *step, char *line)
{
    for (int n = 0; n < step->instructions; n++) {
        size_t used = strlen(line);
        int again = n + 1;
        while (again < step->instructions && strcmp(what_is(step->part[again]), what_is(step->part[n])) == 0)
            again++;
        snprintf(line + used, LINE_TEXT - used, "%s%s", used ? " + " : "", what_is(step->part[n]));
        used = strlen(line);
        if (again > n + 1)
            snprintf(line + used, LINE_TEXT - used, " x %d", again - n);
        n = again - 1;
    }
}

static void put_looks(const gd__recording *r, const gd__step *step, bool written, char *line)
{
    for (int n = 0; n < step->instructions; n++)
        for (int k = 0; k < step->part[n]->looks; k++)
            if (gd__writes_look(step->part[n], k) == written && counts(r, step, n, k))
                put_look(r, &step->part[n]->look[k], line);
}

static void print_step(const gd__recording *r, int number, FILE *to)
{
    const gd__step *step = &r->step[number];
    char names[LINE_TEXT] = "", reads[LINE_TEXT] = "", writes[LINE_TEXT] = "";
    double arithmetic = 0;
    put_names(step, names);
    put_looks(r, step, false, reads);
    put_looks(r, step, true, writes);
    for (int n = 0; n < step->instructions; n++)
        arithmetic += arithmetic_of(step->part[n]);
    fprintf(to, "%4d  %s%s%s%s\n", number, names, step->how ? "  [" : "", step->how ? step->how : "",
            step->how ? "]" : "");
    fprintf(to, "      %s -> %s;  %.0f bytes, %.0f operations\n", reads, writes, bytes_of(r, step), arithmetic);
}

static void print_inputs(const gd__recording *r, FILE *to)
{
    char shape[GD__TEXT_SIZE];
    fprintf(to, "inputs:");
    for (int i = 0; i < r->inputs; i++)
        fprintf(to, "%s in%d %s %s", i ? "," : "", i, gd_dtype_name(r->form[i].dtype),
                gd__shape_text(r->form[i].shape, shape));
    fprintf(to, "%s\n", r->inputs ? "" : " none");
}

static void print_sums(const gd__recording *r, FILE *to)
{
    double bytes = 0, arithmetic = 0;
    int buffers = 0;
    for (int s = 0; s < r->steps; s++) {
        bytes += bytes_of(r, &r->step[s]);
        for (int n = 0; n < r->step[s].instructions; n++)
            arithmetic += arithmetic_of(r->step[s].part[n]);
    }
    for (int i = 0; i < r->cells; i++)
        buffers += r->cell[i].origin == GD__MADE && r->cell[i].first >= 0;
    fprintf(to, "together: %.0f bytes, %.0f operations\n", bytes, arithmetic);
    fprintf(to, "buffers: %d, in %zu bytes (%zu if none shared its place)\n", buffers, r->facts.peak,
            r->facts.unplanned);
}

void gd_print_plan(const gd_plan *plan, FILE *to)
{
    if (!to)
        return;
    if (!gd__alive(plan)) {
        fprintf(to, "%s\n", gd_message(gd__context(plan)));
        return;
    }
    const gd__recording *r = plan->latest;
    fprintf(to, "%lld runs, of which %lld were recorded\n", (long long)plan->runs, (long long)plan->recorded);
    if (!r)
        return;
    fprintf(to, "%d operations: %d fused into others, %d removed; %d instructions\n", r->facts.operations,
            r->facts.fused, r->facts.removed, r->facts.instructions);
    print_inputs(r, to);
    for (int i = 0; i < r->steps; i++)
        print_step(r, i, to);
    print_sums(r, to);
}
