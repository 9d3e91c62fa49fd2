/* passes.h - what is done to instructions before they become steps. */
#ifndef GRADUS_SRC_COMPILE_PASSES_H
#define GRADUS_SRC_COMPILE_PASSES_H

#include "compile/plan.h"

/* Does the instruction write, or read, the cell; and does its k-th look write? */
bool gd__reads_cell(const gd__instruction *i, int cell);
bool gd__writes_cell(const gd__instruction *i, int cell);
bool gd__writes_look(const gd__instruction *i, int k);
bool gd__reads_look(const gd__instruction *i, int k);

/* May it end a run, by an error? */
bool gd__may_refuse(const gd__instruction *i);

/* Does it matter which of the two comes first? */
bool gd__conflict(const gd__instruction *a, const gd__instruction *b);

/* Takes out what is done twice, what nobody needs and what is only copied. What is left comes first, r->useful of them. False
 * with the error set. */
bool gd__simplify(gd__recording *r);

/* Gives each cell that is made its place in the arena: cells that do not live at the same time may share it. */
void gd__place_cells(gd__recording *r);

/* ---- steps over blocks (blocks.c) ---- */

/* Can the instruction become a part of an earlier step, which then runs block by block? */
bool gd__joins_blocks(const gd__recording *r, const gd__step *step, const gd__instruction *i);

/* Does it write what the step still reads when a part of its elements is done? */
bool gd__writes_operand(const gd__step *step, const gd__instruction *i);

/* May the instruction run right after the step, though others stand between? */
bool gd__can_move_up(const gd__step *step, const gd__instruction *i);

/* Marks the cells that live within one step. */
void gd__leave_inside(gd__recording *r);

bool gd__finish_blocks(gd__recording *r, gd__step *step);
void gd__free_stages(gd__step *step);

/* ---- small steps (small.c) ---- */

/* Above so many elements, a kernel may have several threads, or tiles, and what a step costs beside its numbers does not
 * matter. */
enum { GD__FEW = 4096 };

/* How many bytes from the look's first number on may be read, and written: to the end of a line of the cache. What the pool
 * gives ends there, and the arena's cells and small inputs do. Borrowed memory and other inputs end with their numbers. */
size_t gd__room(const gd__recording *r, const gd__look *look);

bool gd__is_small_loop(const gd__step *step, const gd__kernel *kernel);
bool gd__finish_loop(gd__recording *r, gd__step *step, const gd__kernel *kernel);
bool gd__is_few_bce(const gd__recording *r, const gd__step *step, const gd__kernel *kernel);
bool gd__is_small_update(const gd__instruction *i);

/* Is it sgd of float32 without momentum, weight decay and maximizing? */
bool gd__is_plain_descent(const gd__instruction *i);
bool gd__finish_sweep(gd__recording *r, gd__step *step, const gd__kernel *const *kernels);

/* ---- what fits into vectors (lanes.c) ---- */

bool gd__is_small_product(const gd__instruction *i);

/* Is it a step of few numbers, with or without lanes, and can the instruction become a part of such a step? */
bool gd__is_small(const gd__recording *r, const gd__step *step);
bool gd__joins_small(const gd__recording *r, const gd__step *step, const gd__instruction *i);
bool gd__finish_small(gd__recording *r, gd__step *step, const gd__kernel *kernel);

/* The looks at a bias, and at the value that a backward is of; NULL where the step has none. */
const gd__look *gd__bias_of(const gd__step *step);
const gd__look *gd__value_of(const gd__step *step);

#endif
