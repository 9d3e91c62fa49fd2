/* compile.h - compiled steps: a function of tensors is run once and recorded; after that its operations are replayed, with
 * no tape, no allocation and no work that a hand-written program would not have.
 *
 *     static gd_tensor *step(void *user, gd_tensor *const *in, size_t n)
 *     {
 *         struct trainer *m = user;
 *         gd_zero_grad(m->net);
 *         gd_tensor *loss = gd_cross_entropy(gd_forward(m->net, in[0]), in[1]);
 *         gd_backward(loss);
 *         gd_step(m->sgd);
 *         return loss;
 *     }
 *     ...
 *     gd_plan *train = gd_compile(g, step, &trainer);
 *     for (...)
 *         loss = gd_run(train, x_batch, t_batch);
 *
 * What a replay does is bitwise what the function does. The function itself does not run again: whatever else its C code
 * does, branches and printing, happens when it is recorded. Learning rates, counts of steps and the random stream are read
 * at each run, and schedules are stepped. Other shapes, dtypes or strides of the inputs, and layers whose mode was changed or
 * that were frozen, have it recorded anew. */
#ifndef GRADUS_COMPILE_H
#define GRADUS_COMPILE_H

#include <gradus/autograd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled function. */
typedef struct gd_plan gd_plan;

/* Compiles the function, which runs first with the first gd_run. `user` is handed to it. The plan lives in the current scope;
 * the layers, optimizers and tensors that the function uses must live at least as long as they are used: a run after one of
 * them has gone is GD_ERROR_DEAD. The error plan where the function is NULL.
 *
 * While it is recorded, the function can't read numbers (gd_item, gd_read, gd_data, gd_print and the like), write them with
 * gd_write, count with metrics, read or write files, take batches, seed, draw first numbers, set learning rates, or leave the
 * default dtype or whether operations are recorded otherwise than it found it: GD_ERROR_STATE, since a replay would not. gd_assign
 * and the rest of the operations are recorded. Its inputs are read-only within it, and have no gradient: gd_require_grad(gd_detach(x),
 * true) makes a leaf of one. What it makes lives in a scope of its own. */
GD_API gd_plan *gd_compile(gd_context *g, gd_function *function, void *user);

/* A function with several outputs: it sets out[0 .. outputs - 1]. False on an error. */
typedef bool gd_functions(void *user, gd_tensor *const *in, size_t n, gd_tensor **out, size_t outputs);

/* The same for a function with several outputs, at least one, to be run with gd_run_all. */
GD_API gd_plan *gd_compile_all(gd_context *g, size_t outputs, gd_functions *function, void *user);

/* A gradient of 256 KiB or more that nothing in the step looks at but its own update is not kept by a replay, which saves
 * writing it to memory: gd_grad, gd_step and another backward on top of it are GD_ERROR_STATE then, until gd_zero_grad or
 * another run. With `keep`, all gradients are kept as in the function. Recordings made before go. Returns the plan. */
GD_API gd_plan *gd_keep_gradients(gd_plan *plan, bool keep);

/* Runs the plan on these tensors, at least one. Returns the function's result, or the first of several: a row-major tensor
 * without a history, which is the plan's and holds the numbers of its last run; it goes with its recording, which other settings
 * or many other forms of the inputs may end. It may be an input of the next run. Another input that lies in memory which the
 * step writes is GD_ERROR_STATE, and so is a run by an operation within the plan's own step. An error where the function's own calls
 * would have one, now or in the recording, and while an error stands. A label out of range is found in a replay as well.
 * After a replay that failed, what comes before the failing operation has happened, as in the function. gd_run_with takes a
 * list, which may be empty: gd_run_with(plan, (gd_tensors){ 0 }). */
#define gd_run(plan, ...) gd_run_with(plan, gd_list(__VA_ARGS__))
GD_API gd_tensor *gd_run_with(gd_plan *plan, gd_tensors in);

/* Runs the plan and sets out[0 .. outputs - 1] to its outputs, as gd_run returns the first. `outputs` must be the plan's, or
 * it is GD_ERROR_VALUE. `out` may be the list of inputs. False on any error; out then holds error tensors. */
GD_API bool gd_run_all(gd_plan *plan, gd_tensors in, gd_tensor **out, size_t outputs);

/* What became of a plan, of its latest recording. */
typedef struct gd_plan_facts {
    int64_t runs;      /* all of them, */
    int64_t recorded;  /* and how many of these ran the function itself */
    int operations;    /* that were recorded, but for views, which cost nothing */
    int instructions;  /* what a replay does instead */
    int fused;         /* operations that became a part of another's instruction */
    int removed;       /* whose results nobody needed, that were done twice, or whose results never change */
    size_t peak;       /* bytes of the buffers, which are laid out once */
    size_t unplanned;  /* what these would be if none shared its place */
} gd_plan_facts;

/* The facts; zeros for an error plan and before the first run. */
GD_API gd_plan_facts gd_plan_facts_of(const gd_plan *plan);

/* Prints the plan as it was recorded last: each instruction with its operations, what it reads and writes, bytes and
 * arithmetic operations; the buffers; and the peak. An error plan prints its context's message. */
GD_API void gd_print_plan(const gd_plan *plan, FILE *to);

#ifdef __cplusplus
}
#endif
#endif
