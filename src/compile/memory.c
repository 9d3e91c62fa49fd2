/* memory.c - the arena: where each cell lies, and until when. */
#include "compile/passes.h"

enum { LINE = 64 };

static size_t padded(size_t size)
{
    return (size + LINE) / LINE * LINE; /* none is empty */
}

/* From the step of the first instruction that touches it to that of the last. */
static void find_lives(gd__recording *r)
{
    for (int i = 0; i < r->cells; i++)
        r->cell[i].first = r->cell[i].last = -1;
    for (int s = 0; s < r->steps; s++)
        for (int n = 0; n < r->step[s].instructions; n++) {
            const gd__instruction *i = r->step[s].part[n];
            for (int k = 0; k < i->looks; k++) {
                gd__cell *cell = &r->cell[i->look[k].cell];
                cell->first = cell->first < 0 ? s : cell->first;
                cell->last = s;
            }
        }
}

static bool live_together(const gd__cell *a, const gd__cell *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest place that no cell of the same time, among those that have theirs, reaches into. */
static size_t free_place(const gd__recording *r, int own)
{
    const gd__cell *cell = &r->cell[own];
    size_t place = 0;
    for (int i = 0; i < own; i++) {
        const gd__cell *other = &r->cell[i];
        bool meets = other->origin == GD__MADE && other->first >= 0 && !other->inner && live_together(cell, other);
        if (!meets || place + padded(cell->size) <= other->place || other->place + padded(other->size) <= place)
            continue;
        place = other->place + padded(other->size);
        i = -1; /* from the beginning again, at the new place */
    }
    return place;
}

void gd__place_cells(gd__recording *r)
{
    find_lives(r);
    r->arena_size = r->facts.unplanned = 0;
    for (int i = 0; i < r->cells; i++) {
        gd__cell *cell = &r->cell[i];
        if (cell->origin != GD__MADE || cell->first < 0 || cell->inner)
            continue;
        cell->place = free_place(r, i);
        size_t end = cell->place + padded(cell->size);
        r->arena_size = end > r->arena_size ? end : r->arena_size;
        r->facts.unplanned += padded(cell->size);
    }
    r->facts.peak = r->arena_size;
}
