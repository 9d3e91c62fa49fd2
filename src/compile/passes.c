/* passes.c - fewer instructions for the same bits: what is done twice, what nobody needs, what is only copied. */
#include "compile/passes.h"

#include <string.h>

/* ---- what instructions do ---- */

bool gd__writes_look(const gd__instruction *i, int k)
{
    return i->kind == GD__UPDATE ? k != GD__READ_ONLY : k < i->outs;
}

bool gd__reads_look(const gd__instruction *i, int k)
{
    return i->kind == GD__UPDATE ? i->id != GD__OP_assign || k == GD__READ_ONLY : k >= i->outs;
}

bool gd__reads_cell(const gd__instruction *i, int cell)
{
    for (int k = 0; k < i->looks && i->kind != GD__NOTHING; k++)
        if (i->look[k].cell == cell && gd__reads_look(i, k))
            return true;
    return false;
}

bool gd__writes_cell(const gd__instruction *i, int cell)
{
    for (int k = 0; k < i->looks && i->kind != GD__NOTHING; k++)
        if (i->look[k].cell == cell && gd__writes_look(i, k))
            return true;
    return false;
}

static bool is_copy(const gd__instruction *i)
{
    return i->kind == GD__OPERATION && i->id == GD__OP_clone;
}

/* Does the look show all of the cell, in row-major order? */
static bool is_whole(const gd__recording *r, const gd__look *look)
{
    const gd__cell *cell = &r->cell[look->cell];
    size_t size = (size_t)look->tensor.numel * gd__dtypes[look->tensor.dtype].size;
    return look->tensor.contiguous && look->offset == 0 && cell->size == size;
}

/* ---- a few facts of each cell ---- */

typedef struct facts {
    int writers, maker; /* how many instructions write it, and the first of them */
    int last;           /* the last that touches it */
} facts;

static void gather(const gd__recording *r, facts *f)
{
    for (int i = 0; i < r->cells; i++)
        f[i] = (facts){ .maker = -1, .last = -1 };
    for (int n = 0; n < r->instructions; n++) {
        const gd__instruction *i = &r->instruction[n];
        for (int k = 0; k < i->looks && i->kind != GD__NOTHING; k++) {
            facts *own = &f[i->look[k].cell];
            own->last = n;
            if (!gd__writes_look(i, k))
                continue;
            own->maker = own->writers++ ? own->maker : n;
        }
    }
}

static void remove_instruction(gd__recording *r, int n)
{
    r->instruction[n].kind = GD__NOTHING;
    r->facts.removed++;
}

static void replace(gd__recording *r, int from, int by)
{
    for (int n = 0; n < r->instructions; n++)
        for (int k = 0; k < r->instruction[n].looks; k++)
            if (r->instruction[n].look[k].cell == from)
                r->instruction[n].look[k].cell = by;
}

/* ---- copies ---- */

/* A copy into the plan's own memory, both written once: who reads it may read the original. */
static bool reads_original(const gd__recording *r, const facts *f, int from, int to)
{
    bool fixed = r->cell[from].origin == GD__FIXED || r->cell[from].origin == GD__GIVEN;
    return r->cell[to].origin == GD__MADE && f[to].writers == 1 && (fixed || f[from].writers == 1) &&
           r->cell[from].origin != GD__OUTSIDE;
}

/* A copy to where it stays: the original may be made there at once, where nothing else looks meanwhile. */
static bool made_in_place(const gd__recording *r, const facts *f, int n, int from, int to)
{
    if (r->cell[from].origin != GD__MADE || f[from].writers != 1 || r->cell[to].origin != GD__OUTSIDE)
        return false;
    for (int k = f[from].maker; k < n; k++)
        if (gd__reads_cell(&r->instruction[k], to) || gd__writes_cell(&r->instruction[k], to))
            return false;
    for (int k = n + 1; k <= f[from].last; k++)
        if (gd__writes_cell(&r->instruction[k], to))
            return false;
    return true;
}

static void drop_copies(gd__recording *r, facts *f)
{
    for (int n = 0; n < r->instructions; n++) {
        const gd__instruction *i = &r->instruction[n];
        if (!is_copy(i) || !is_whole(r, &i->look[0]) || !is_whole(r, &i->look[1]))
            continue;
        int to = i->look[0].cell, from = i->look[1].cell;
        if (reads_original(r, f, from, to))
            replace(r, to, from);
        else if (made_in_place(r, f, n, from, to))
            replace(r, from, to);
        else
            continue;
        remove_instruction(r, n);
        gather(r, f);
    }
}

/* ---- what is done twice ---- */

static bool same_look(const gd__look *a, const gd__look *b)
{
    const gd_tensor *s = &a->tensor, *t = &b->tensor;
    if (a->cell != b->cell || a->offset != b->offset || s->dtype != t->dtype || !gd__same_shape(s, t))
        return false;
    return memcmp(s->stride, t->stride, s->ndim * sizeof *s->stride) == 0;
}

/* What lies behind the last size of a shape is not part of it. */
static bool same_attrs(const gd__attrs *a, const gd__attrs *b)
{
    return memcmp(a->scalar, b->scalar, sizeof a->scalar) == 0 &&
           memcmp(a->integer, b->integer, sizeof a->integer) == 0 && gd__same_dims(a->dims, b->dims);
}

static bool same_work(const gd__instruction *a, const gd__instruction *b)
{
    if (a->kind != GD__OPERATION || a->id != b->id || a->looks != b->looks ||
        a->look[0].tensor.dtype != b->look[0].tensor.dtype)
        return false;
    for (int k = 1; k < a->looks; k++)
        if (!same_look(&a->look[k], &b->look[k]))
            return false;
    return same_attrs(&a->attrs, &b->attrs);
}

/* Has none of its operands been written since the earlier one? */
static bool unwritten_since(const gd__recording *r, int earlier, int later)
{
    const gd__instruction *i = &r->instruction[later];
    for (int n = earlier; n < later; n++)
        for (int k = 1; k < i->looks; k++)
            if (r->instruction[n].kind != GD__NOTHING && gd__writes_cell(&r->instruction[n], i->look[k].cell))
                return false;
    return true;
}

static int same_before(const gd__recording *r, const facts *f, int n)
{
    const gd__instruction *i = &r->instruction[n];
    int made = i->look[0].cell;
    if (r->cell[made].origin != GD__MADE || f[made].writers != 1)
        return -1;
    for (int k = n - 1; k >= 0; k--) {
        const gd__instruction *other = &r->instruction[k];
        if (same_work(other, i) && r->cell[other->look[0].cell].origin == GD__MADE &&
            f[other->look[0].cell].writers == 1 && unwritten_since(r, k, n))
            return k;
    }
    return -1;
}

static void merge_same(gd__recording *r, facts *f)
{
    for (int n = 0; n < r->instructions; n++) {
        if (r->instruction[n].kind != GD__OPERATION)
            continue;
        int earlier = same_before(r, f, n);
        if (earlier < 0)
            continue;
        replace(r, r->instruction[n].look[0].cell, r->instruction[earlier].look[0].cell);
        remove_instruction(r, n);
        gather(r, f);
    }
}

/* ---- what nobody needs ---- */

/* Random streams, users' functions, and what may refuse its numbers, happen in any case. */
static bool must_happen(const gd__instruction *i)
{
    if (i->kind == GD__OPERATION)
        return i->op->checks || i->op->refuses;
    return i->kind != GD__UPDATE && i->kind != GD__NOTHING;
}

static bool is_needed(const gd__recording *r, const gd__instruction *i, const bool *wanted)
{
    bool needed = must_happen(i);
    for (int k = 0; k < i->looks && i->kind != GD__NOTHING; k++)
        needed |=
            gd__writes_look(i, k) && (wanted[i->look[k].cell] || r->cell[i->look[k].cell].origin == GD__OUTSIDE);
    return needed;
}

static void drop_unneeded(gd__recording *r, bool *wanted)
{
    memset(wanted, 0, (size_t)r->cells * sizeof *wanted);
    for (int n = r->instructions - 1; n >= 0; n--) {
        gd__instruction *i = &r->instruction[n];
        if (i->kind == GD__NOTHING)
            continue;
        if (!is_needed(r, i, wanted))
            remove_instruction(r, n);
        else
            for (int k = 0; k < i->looks; k++)
                wanted[i->look[k].cell] |= gd__reads_look(i, k);
    }
}

static void close_gaps(gd__recording *r)
{
    int kept = 0;
    for (int n = 0; n < r->instructions; n++) {
        gd__instruction here = r->instruction[n];
        r->instruction[n] = r->instruction[kept];
        r->instruction[kept] = here;
        kept += here.kind != GD__NOTHING;
    }
    r->useful = kept;
}

/* ---- what may change places ---- */

bool gd__may_refuse(const gd__instruction *i)
{
    return i->kind == GD__FORWARD || i->kind == GD__BACKWARD || i->kind == GD__HOST || i->kind == GD__CHECK ||
           (i->kind == GD__OPERATION && (i->op->checks || i->op->refuses));
}

bool gd__conflict(const gd__instruction *a, const gd__instruction *b)
{
    for (int k = 0; k < a->looks; k++) {
        int cell = a->look[k].cell;
        if (gd__writes_look(a, k) ? gd__writes_cell(b, cell) || gd__reads_cell(b, cell) : gd__writes_cell(b, cell))
            return true;
    }
    return false;
}

bool gd__simplify(gd__recording *r)
{
    size_t size = ((size_t)r->cells + 1) * sizeof(facts);
    facts *f = gd__alloc(r->context, size);
    if (!f)
        return false;
    gather(r, f);
    drop_copies(r, f);
    merge_same(r, f);
    drop_unneeded(r, (bool *)f);
    close_gaps(r);
    gd__free(r->context, f, size);
    return true;
}
