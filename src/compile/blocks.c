/* blocks.c - several operations on a part of their elements while it is in the nearest cache: what comes after a product, on
 * each of its blocks, and chains of elementwise operations. The loops are the kernels' own, and what they make of an element
 * does not depend on what stands beside it: so the bits are those of one operation after the other. */
#include "compile/passes.h"

#include "base/threads.h"
#include "cpu/product.h"

#include <string.h>

enum { PIECE = 512, MOST_STAGES = 12 };

/* What a look shows lies in the product's block. */
enum { BLOCK = -2 };

/* ---- what can take part ---- */

static const gd__kernel *kernel_of(const gd__recording *r, const gd__instruction *i)
{
    const gd__kernel *const *kernels = gd__kernels(r->context);
    return kernels ? kernels[i->id] : NULL;
}

static bool is_product(const gd__instruction *i)
{
    return i->kind == GD__OPERATION && i->id == GD__OP_matmul && i->look[0].tensor.ndim == 2;
}

/* Does the look meet each element of the shape (rows, columns) by a stride along each? */
static bool meets(const gd_tensor *t, const gd_tensor *y)
{
    return (t->contiguous && t->numel == y->numel) || t->numel == 1 || (y->ndim == 2 && t->ndim <= 2);
}

static bool is_elementwise(const gd__recording *r, const gd__instruction *i)
{
    if (i->kind != GD__OPERATION || i->looks < 2)
        return false;
    const gd__kernel *kernel = kernel_of(r, i);
    const gd_tensor *y = &i->look[0].tensor;
    if (!kernel || kernel->run != gd__run_elementwise || !kernel->loop[i->look[1].tensor.dtype])
        return false;
    for (int k = 1; k < i->looks; k++)
        if (!meets(&i->look[k].tensor, y))
            return false;
    return y->numel > 0;
}

/* An update whose operands all lie as the parameter does. One that gathers more than a momentum takes longer than what it
 * reads, and gains nothing here: measured with Adam on 1024 x 1024. */
static bool is_update(const gd__recording *r, const gd__instruction *i)
{
    enum { MOST_OPERANDS = 3 };
    bool fits = i->kind == GD__UPDATE && i->op->contiguous && i->looks <= MOST_OPERANDS;
    const gd__kernel *kernel = fits ? kernel_of(r, i) : NULL;
    return kernel && kernel->loop[i->look[0].tensor.dtype] && i->look[0].tensor.numel > 0;
}

static bool same_form(const gd__instruction *i, const gd__instruction *first)
{
    const gd_tensor *a = &i->look[0].tensor, *b = &first->look[0].tensor;
    return a->numel == b->numel && (gd__same_shape(a, b) || (a->ndim != 2 && b->ndim != 2));
}

/* ---- what joins ---- */

static bool is_part(const gd__step *step, const gd__instruction *i)
{
    for (int n = 0; n < step->instructions; n++)
        if (step->part[n] == i)
            return true;
    return false;
}

bool gd__can_move_up(const gd__step *step, const gd__instruction *i)
{
    for (const gd__instruction *other = step->part[0] + 1; other < i; other++)
        if (!is_part(step, other) && (gd__conflict(i, other) || (gd__may_refuse(other) && i->kind == GD__UPDATE)))
            return false;
    return true;
}

static bool reads_from(const gd__step *step, const gd__instruction *i)
{
    for (int n = 0; n < step->instructions; n++)
        for (int k = 0; k < step->part[n]->outs; k++)
            if (gd__reads_cell(i, step->part[n]->look[k].cell))
                return true;
    return false;
}

/* Each operand that the step makes is met at the place of the element: no other layout, no part. */
static bool meets_in_place(const gd__recording *r, const gd__step *step, const gd__instruction *i)
{
    for (int k = 0; k < i->looks; k++) {
        const gd__look *look = &i->look[k];
        bool made = false;
        for (int n = 0; n < step->instructions; n++)
            made |= gd__writes_cell(step->part[n], look->cell);
        size_t size = (size_t)look->tensor.numel * gd__dtypes[look->tensor.dtype].size;
        if (made && (!look->tensor.contiguous || look->offset != 0 || size != r->cell[look->cell].size ||
                     look->tensor.numel != step->part[0]->look[0].tensor.numel))
            return false;
    }
    return true;
}

/* Does what the look shows lie as the elements of the step do? */
static bool lies_in_place(const gd__step *step, const gd__look *look)
{
    return look->tensor.contiguous && look->offset == 0 && look->tensor.numel == step->part[0]->look[0].tensor.numel;
}

/* A product reads its operands until its last block is made, and a look in another layout meets elements of other blocks. */
bool gd__writes_operand(const gd__step *step, const gd__instruction *i)
{
    for (int n = 0; n < step->instructions; n++) {
        const gd__instruction *part = step->part[n];
        for (int k = 0; k < part->looks; k++)
            if (gd__reads_look(part, k) && gd__writes_cell(i, part->look[k].cell) &&
                (part->id == GD__OP_matmul || !lies_in_place(step, &part->look[k])))
                return true;
    }
    return false;
}

bool gd__joins_blocks(const gd__recording *r, const gd__step *step, const gd__instruction *i)
{
    const gd__instruction *first = step->part[0];
    bool product = is_product(first) && !gd__is_small_product(first);
    bool chain = is_elementwise(r, first) && first->look[0].tensor.numel > GD__FEW;
    if (step->instructions >= MOST_STAGES || !(product || chain) ||
        !(is_elementwise(r, i) || (product && is_update(r, i))))
        return false;
    return same_form(i, first) && reads_from(step, i) && meets_in_place(r, step, i) && !gd__writes_operand(step, i) &&
           gd__can_move_up(step, i);
}

/* ---- what is not kept ---- */

/* Is what the part makes looked at by other parts of the step alone? */
static bool stays_inside(const gd__recording *r, const gd__step *step, const gd__instruction *part)
{
    int cell = part->look[0].cell;
    if (r->cell[cell].origin != GD__MADE)
        return false;
    for (int n = 0; n < r->useful; n++) {
        const gd__instruction *i = &r->instruction[n];
        if (i != part && !is_part(step, i) && (gd__reads_cell(i, cell) || gd__writes_cell(i, cell)))
            return false;
    }
    return true;
}

static void leave_inside(gd__recording *r)
{
    for (int s = 0; s < r->steps; s++) {
        gd__step *step = &r->step[s];
        bool blocks = step->instructions > 1 && (is_product(step->part[0]) || is_elementwise(r, step->part[0])) &&
                      !gd__is_small_product(step->part[0]);
        for (int n = is_product(step->part[0]); blocks && n < step->instructions; n++)
            if (step->part[n]->kind == GD__OPERATION && stays_inside(r, step, step->part[n]))
                r->cell[step->part[n]->look[0].cell].inner = true;
    }
}

/* Is the cell the gradient of a leaf, so large that reading and writing it in memory counts, and used up by this step? */
static gd__leaf *used_up(gd__recording *r, const gd__step *step, int cell)
{
    enum { LARGE = 1 << 18 };
    if (r->plan->keeps_gradients || r->cell[cell].origin != GD__OUTSIDE || r->cell[cell].size < LARGE)
        return NULL;
    for (int n = 0; n < r->useful; n++) {
        const gd__instruction *i = &r->instruction[n];
        if (!is_part(step, i) && (gd__reads_cell(i, cell) || gd__writes_cell(i, cell)))
            return NULL;
    }
    for (int i = 0; i < r->leaves; i++)
        if (r->leaf[i].tensor->grad && r->leaf[i].tensor->grad->storage == r->cell[cell].storage && r->leaf[i].after)
            return &r->leaf[i];
    return NULL;
}

/* A step that makes such a gradient and has the update that uses it up. */
static void withhold(gd__recording *r, gd__step *step)
{
    const gd__instruction *first = step->part[0], *second = step->instructions > 1 ? step->part[1] : NULL;
    if (!second || !is_product(first) || second->kind != GD__UPDATE || second->looks <= GD__READ_ONLY ||
        second->look[GD__READ_ONLY].cell != first->look[0].cell)
        return;
    gd__leaf *leaf = used_up(r, step, first->look[0].cell);
    if (!leaf)
        return;
    leaf->withheld = true;
    r->cell[first->look[0].cell].written = false;
    step->withholds = true;
}

void gd__leave_inside(gd__recording *r)
{
    for (int s = 0; s < r->steps; s++)
        withhold(r, &r->step[s]);
    leave_inside(r);
}

/* ---- finishing ---- */

/* One operation of the step, row by row. Strides in bytes; `held` is the piece of scratch memory that takes a look's place. */
struct gd__stage {
    gd__instruction *instruction;
    gd__loop *loop;
    gd_tensor *tensor[GD__MAX_POINTERS];
    int64_t row[GD__MAX_POINTERS], column[GD__MAX_POINTERS];
    int held[GD__MAX_POINTERS];
};

typedef struct form {
    int64_t rows, columns;
} form;

/* A chain over numbers that all lie in one row is one; others, and products, are matrices. */
static form form_of(const gd__step *step)
{
    const gd_tensor *y = &step->part[0]->look[0].tensor;
    bool flat = !is_product(step->part[0]);
    for (int n = 0; n < step->instructions; n++)
        for (int k = 0; k < step->part[n]->looks; k++) {
            const gd_tensor *t = &step->part[n]->look[k].tensor;
            flat &= t->numel == 1 || (t->contiguous && t->numel == y->numel);
        }
    return flat ? (form){ 1, y->numel } : (form){ y->shape[0], y->shape[1] };
}

static void find_strides(gd__stage *stage, int k, const gd_tensor *t, form f)
{
    int64_t size = (int64_t)gd__dtypes[t->dtype].size, columns = f.columns;
    bool whole = t->contiguous && t->numel == f.rows * f.columns;
    stage->row[k] = whole ? columns * size : 0;
    stage->column[k] = whole ? size : 0;
    if (whole || t->numel == 1)
        return;
    stage->column[k] = t->shape[t->ndim - 1] == 1 ? 0 : t->stride[t->ndim - 1] * size;
    stage->row[k] = t->ndim < 2 || t->shape[0] == 1 ? 0 : t->stride[0] * size;
}

static int held_by(const gd__recording *r, const gd__step *step, int cell)
{
    for (int n = 0; n < step->instructions && r->cell[cell].inner; n++)
        if (step->part[n]->kind == GD__OPERATION && step->part[n]->look[0].cell == cell)
            return n;
    return -1;
}

static void make_stage(const gd__recording *r, const gd__step *step, gd__stage *stage, gd__instruction *i, form f)
{
    *stage = (gd__stage){ .instruction = i };
    int first = i->kind == GD__UPDATE ? 0 : i->outs;
    stage->loop = kernel_of(r, i)->loop[i->look[first].tensor.dtype];
    for (int k = 0; k < i->looks; k++) {
        gd__look *look = &i->look[k];
        stage->tensor[k] = &look->tensor;
        stage->held[k] = held_by(r, step, look->cell);
        find_strides(stage, k, &look->tensor, f);
        if (step->withholds && look->cell == step->part[0]->look[0].cell)
            stage->held[k] = BLOCK;
        if (stage->held[k] >= 0)
            stage->row[k] = 0;
    }
}

bool gd__finish_blocks(gd__recording *r, gd__step *step)
{
    bool product = is_product(step->part[0]);
    form f = form_of(step);
    step->stages = step->instructions - product;
    step->stage = gd__alloc(r->context, (size_t)step->stages * sizeof *step->stage);
    if (!step->stage)
        return false;
    for (int n = 0; n < step->stages; n++)
        make_stage(r, step, &step->stage[n], step->part[n + product], f);
    step->run = product ? gd__step_product : gd__step_chain;
    step->how = !product          ? "in one pass"
                : step->withholds ? "on each block of the product, which is not kept"
                                  : "on each block of the product";
    return true;
}

void gd__free_stages(gd__step *step)
{
    gd__free(step->call.context, step->stage, (size_t)step->stages * sizeof *step->stage);
}

/* ---- running ---- */

/* Operands that have one row for all rows of the block, such as a bias: repeated as often as a piece has rows, so that short rows
 * are not gone over one by one. */
enum { MOST_REPEATED = 2 };

typedef struct repeated {
    int count, stage[MOST_REPEATED], look[MOST_REPEATED];
    char row[MOST_REPEATED][PIECE * sizeof(double)] __attribute__((aligned(64)));
} repeated;

/* At most PIECE elements of one row, or of several that follow each other. */
typedef struct piece {
    int64_t row, column, n;
    const char *block;        /* where those of the product's block lie, where it is not kept */
    const repeated *repeated; /* NULL: no operand is */
} piece;

static void find_places(const gd__step *step, int s, char (*held)[PIECE * sizeof(double)], const piece *p,
                        char **pointer)
{
    const gd__stage *stage = &step->stage[s];
    for (int k = 0; k < stage->instruction->looks; k++) {
        if (stage->held[k] >= 0)
            pointer[k] = held[stage->held[k]];
        else if (stage->held[k] == BLOCK)
            pointer[k] = (char *)(uintptr_t)p->block;
        else
            pointer[k] = stage->tensor[k]->data + p->row * stage->row[k] + p->column * stage->column[k];
    }
    for (int i = 0; p->repeated && i < p->repeated->count; i++)
        if (p->repeated->stage[i] == s)
            pointer[p->repeated->look[i]] = (char *)(uintptr_t)p->repeated->row[i];
}

/* Through all stages. */
static void run_piece(const gd__step *step, const piece *p)
{
    char held[MOST_STAGES][PIECE * sizeof(double)] __attribute__((aligned(64)));
    for (int s = 0; s < step->stages; s++) {
        char *pointer[GD__MAX_POINTERS] = { NULL };
        find_places(step, s, held, p, pointer);
        step->stage[s].loop(pointer, step->stage[s].column, p->n, &step->stage[s].instruction->attrs);
    }
}

static bool repeat(repeated *r, const gd__step *step, int s, int k, int64_t columns)
{
    const gd__stage *stage = &step->stage[s];
    int64_t size = (int64_t)gd__dtypes[stage->tensor[k]->dtype].size;
    if (!r || r->count == MOST_REPEATED || stage->row[k] != 0 || stage->column[k] != size)
        return false;
    for (int64_t i = 0; i < PIECE / columns; i++)
        memcpy(r->row[r->count] + i * columns * size, stage->tensor[k]->data, (size_t)(columns * size));
    r->stage[r->count] = s;
    r->look[r->count++] = k;
    return true;
}

/* Do a block's rows follow each other in all that the stages read and write? Then they are one long row. With r they may be the same
 * row again and again, which is made ready then. */
static bool is_one_row(const gd__step *step, int64_t columns, repeated *r)
{
    if (columns != step->part[0]->look[0].tensor.shape[1])
        return false;
    for (int s = 0; s < step->stages; s++) {
        const gd__stage *stage = &step->stage[s];
        for (int k = 0; k < stage->instruction->looks; k++)
            if (stage->held[k] == -1 && stage->row[k] != columns * stage->column[k] &&
                !repeat(r, step, s, k, columns))
                return false;
    }
    return true;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void run_short_rows(const gd__step *step, int64_t row, int64_t rows, int64_t columns, const repeated *r)
{
    int64_t each = PIECE / columns;
    for (int64_t i = 0; i < rows; i += each)
        run_piece(step, &(piece){ .row = row + i, .n = least(rows - i, each) * columns, .repeated = r });
}

static void run_block(void *user, int64_t row, int64_t rows, int64_t column, int64_t columns)
{
    enum { SHORT = PIECE / 4 };
    repeated r;
    r.count = 0;
    if (is_one_row(user, columns, NULL)) {
        columns *= rows;
        rows = 1;
    } else if (rows > 1 && columns <= SHORT && is_one_row(user, columns, &r)) {
        run_short_rows(user, row, rows, columns, &r);
        return;
    }
    for (int64_t i = row; i < row + rows; i++)
        for (int64_t from = column; from < column + columns; from += PIECE)
            run_piece(user, &(piece){ .row = i, .column = from, .n = least(column + columns - from, PIECE) });
}

static void run_taken(void *user, const void *block, int64_t lead, int64_t row, int64_t rows, int64_t column,
                      int64_t columns)
{
    const gd__step *step = user;
    int64_t size = (int64_t)gd__dtypes[step->part[0]->look[0].tensor.dtype].size;
    if (lead == columns && is_one_row(step, columns, NULL)) {
        columns *= rows;
        rows = 1;
    }
    for (int64_t i = 0; i < rows; i++)
        for (int64_t from = 0; from < columns; from += PIECE)
            run_piece(step, &(piece){ .row = row + i,
                                      .column = column + from,
                                      .n = least(columns - from, PIECE),
                                      .block = (const char *)block + (i * lead + from) * size });
}

static bool take_turns(gd__step *step)
{
    for (int n = 0; n < step->stages; n++)
        if (step->stage[n].instruction->turns.owner && !gd__take_turn(step->stage[n].instruction, step->call.context))
            return false;
    return true;
}

/* A product whose operands lie so that they must be copied first is run as the operation that it is. */
static bool multiply_plainly(const gd__step *step, gd_tensor *a, gd_tensor *b, gd_tensor *y)
{
    gd__call call = { .context = step->call.context,
                      .op = gd__ops[GD__OP_matmul],
                      .id = GD__OP_matmul,
                      .count = 2,
                      .in = (gd_tensor *[]){ a, b },
                      .out = y };
    return gd__run_matmul(NULL, &call);
}

bool gd__step_product(gd__step *step)
{
    gd__look *look = step->part[0]->look;
    gd_tensor *y = &look[0].tensor, *a = &look[1].tensor, *b = &look[2].tensor;
    gd__product p = { .a = gd__matrix_of(a),
                      .b = gd__matrix_of(b),
                      .rows = y->shape[0],
                      .columns = y->shape[1],
                      .inner = a->shape[1],
                      .dtype = (gd_dtype)y->dtype,
                      .y = step->withholds ? NULL : y->data,
                      .lead = y->shape[1],
                      .done = run_block,
                      .taken = run_taken,
                      .user = step };
    if (!take_turns(step))
        return false;
    if (p.a.data && p.b.data)
        return y->numel == 0 || gd__product_run(step->call.context, &p);
    bool good = multiply_plainly(step, a, b, y);
    if (good)
        run_block(step, 0, p.rows, 0, p.columns);
    return good;
}

/* ---- chains ---- */

typedef struct chain {
    gd__step *step;
    form f;
    int64_t rows, columns; /* of a task: whole rows, or a part of the only one */
} chain;

static void run_task(void *user, int64_t task, int slot)
{
    const chain *c = user;
    int64_t row = c->f.rows > 1 ? task * c->rows : 0, column = c->f.rows > 1 ? 0 : task * c->columns;
    (void)slot;
    run_block(c->step, row, least(c->rows, c->f.rows - row), column, least(c->columns, c->f.columns - column));
}

bool gd__step_chain(gd__step *step)
{
    enum { SHARE = 16384 };
    chain c = { .step = step, .f = form_of(step) };
    c.columns = c.f.rows > 1 ? c.f.columns : SHARE;
    c.rows = c.f.rows > 1 ? SHARE / c.f.columns + 1 : 1;
    int64_t tasks = c.f.rows > 1 ? (c.f.rows + c.rows - 1) / c.rows : (c.f.columns + c.columns - 1) / c.columns;
    double work = (double)(c.f.rows * c.f.columns) * 0.08 * step->stages; /* nanoseconds */
    gd__parallel(step->call.context, tasks, work, run_task, &c);
    return true;
}
