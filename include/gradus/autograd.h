/* autograd.h - derivatives by walking the tape backward.
 *
 * While a tensor that requires a gradient takes part, each operation leaves a record on the context's tape.
 * gd_backward walks the tape from its end and lets each record's derivative rule hand the gradient on.
 * Records go with the scope they were made in. */
#ifndef GRADUS_AUTOGRAD_H
#define GRADUS_AUTOGRAD_H

#include <gradus/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A function of tensors: what it makes of in[0 .. n - 1]. `user` is the caller's. */
typedef gd_tensor *gd_function(void *user, gd_tensor *const *in, size_t n);

/* Says whether gradients of this leaf are wanted. Only floats can have them (GD_ERROR_DTYPE), and only a leaf can
 * be told (GD_ERROR_STATE): a tensor that an operation made follows its operands. Returns t. */
GD_API gd_tensor *gd_require_grad(gd_tensor *t, bool wanted);

/* Does a gradient flow to this tensor? False for an error tensor. */
GD_API bool gd_requires_grad(const gd_tensor *t);

/* Was it made by no recorded operation? As in PyTorch; false for an error tensor. */
GD_API bool gd_is_leaf(const gd_tensor *t);

/* The operation that made the tensor, named as PyTorch names its own, "MulBackward0", and "" for a leaf; of a function made
 * of others (gd_var) it is the last of these. Written into text as snprintf writes; returns the whole length. */
GD_API size_t gd_grad_fn(const gd_tensor *t, char *text, size_t size);

/* What gd_backward takes: gd_backward(loss), gd_backward(y, dy) or gd_backward(loss, .retain = true). */
typedef struct gd_backward_options {
    gd_tensor *y;
    gd_tensor *dy; /* the gradient of y, of its shape; NULL stands for 1 where y has one element */
    bool retain;   /* keep the records for another backward (retain_graph) */
    char end;      /* closes the list of initialisers */
} gd_backward_options;

/* Adds (d y / d leaf)^T dy to the gradient of every leaf that requires one, and of every other tensor that gd_retain_grad
 * was called on.
 * Errors: y needs no gradient; it has more elements and no dy is given, or dy has another shape (GD_ERROR_SHAPE); backward
 * went through it before; the records went with their scope; a value that a rule needs was written since (GD_ERROR_STATE,
 * with the names of both operations). Then, or while an error stands, no gradient changes and false is returned. */
GD_API bool gd_backward(gd_backward_options options);
#define gd_backward(...) gd_backward((gd_backward_options){ __VA_ARGS__, .end = 0 })

/* Has the tensor, made by an operation, gather its gradient in gd_backward as a leaf does (Tensor.retain_grad), with what its
 * hooks make of it. Returns it. An error where it requires none. */
GD_API gd_tensor *gd_retain_grad(gd_tensor *t);

/* The gradient gathered in a leaf, of its shape and dtype. The tensor is the same one, and lives, as long as the
 * leaf: each backward puts its numbers into it, which counts as a write; gd_clone keeps those of one step. An error
 * where there is none: none is required, no backward reached it, or the tensor is neither a leaf nor one that gd_retain_grad
 * was called on. */
GD_API gd_tensor *gd_grad(const gd_tensor *t);

/* Has the tensor a gradient? Sets no error. */
GD_API bool gd_has_grad(const gd_tensor *t);

/* Takes the tensor's gradient away, so that the next backward starts from nothing. False on any error. */
GD_API bool gd_clear_grad(gd_tensor *t);

/* The gradients of y with respect to x[0 .. count - 1], leaves or not, without touching any leaf's gradient: dx[i]
 * = (d y / d x[i])^T dy (torch.autograd.grad). All are floats. dy has the shape of y; NULL stands for 1 where y has
 * one element. With `differentiable` the gradients are recorded too, and can be differentiated again. A y that does
 * not depend on x[i] gives zeros; a y or x that no record knows is GD_ERROR_STATE. x, dx: arrays of count; the
 * results live in the current scope, and on an error are error tensors. The records stay: it may be asked again, also after
 * a gd_backward. False on any error. */
GD_API bool gd_gradient(gd_tensor *y, gd_tensor *dy, int count, gd_tensor *const *x, gd_tensor **dx,
                        bool differentiable);

/* The same for several outputs together: dx[i] = sum_k (d y[k] / d x[i])^T dy[k]. dy has as many as y, of which any may
 * be NULL, or none: 1 then, where that y has one element. dx is an array of x.count. */
GD_API bool gd_gradients(gd_tensors y, gd_tensors dy, gd_tensors x, gd_tensor **dx, bool differentiable);

/* Sees the whole gradient of a tensor before it goes further or is gathered: may return another of its shape and dtype
 * to take its place, or NULL to leave it, but must not write to it. Runs within gd_backward and gd_gradient, in their scope:
 * gd_clone does not outlive it, numbers copied out do. It may ask for gradients itself. */
typedef gd_tensor *gd_grad_hook(gd_tensor *grad, void *user);

/* Has the hook called, after those that are there, for every gradient of t (Tensor.register_hook), until gd_unhook or
 * the tensor's end. Returns the hook's id, of which there is no second in the context; -1 on an error, as where t requires
 * no gradient. Hooks may be taken away while hooks run; those that are added then wait for the next gradient. */
GD_API int64_t gd_hook(gd_tensor *t, gd_grad_hook *hook, void *user);

/* Takes a hook of t away, by its id. False on any error, as where there is none such. */
GD_API bool gd_unhook(gd_tensor *t, int64_t id);

/* ---------------------------------------------------------------------------------------------
 * Operations of one's own
 * ------------------------------------------------------------------------------------------- */

/* A function of tensors with a derivative that somebody wrote. It takes part in everything as the library's own do. */
typedef struct gd_operation gd_operation;

enum { GD_MAX_SAVED = 8 };

/* What the two functions of an operation are handed. */
typedef struct gd_operation_call {
    gd_context *context;
    void *user;
    gd_tensors x;                   /* the operands, in row-major order: gd_data reads them */
    gd_tensor *y;                   /* backward: the result, */
    gd_tensor *dy;                  /* its gradient, of its shape and dtype, in row-major order, */
    const bool *wanted;             /* and which dx[i] are wanted */
    gd_tensor *saved[GD_MAX_SAVED]; /* forward may leave tensors here, which backward finds again; the rest is NULL */
} gd_operation_call;

typedef struct gd_operation_options {
    gd_context *context;
    const char *name; /* as messages call it; the text is copied */
    /* Returns the result: a new tensor, from operations or from plain C over the numbers (an operand is copied, a view of it
     * stays one). Runs without recording, in a scope of its own: the result and what was saved outlive it. */
    gd_tensor *(*forward)(gd_operation_call *call);
    /* Sets dx[i], of the shape and dtype of x.item[i], where wanted[i]; where it stays NULL no gradient comes from here. False on an error. Written in
     * operations on dy, the operands and y, it can be differentiated again; plain C over the numbers, or the use of
     * `saved`, can't be. The operands, y and what was saved are as forward left them: a write to one of them in between
     * is an error, and backward must not write to them either. It may ask for gradients itself. NULL: the operation has
     * no derivative. */
    bool (*backward)(gd_operation_call *call, gd_tensor **dx);
    void *user;
    gd_release *release; /* gives `user` back, once: when the operation goes, or at once where making it fails */
    bool once; /* backward is not written in operations: to differentiate it again is an error, not wrong numbers */
    char end;  /* closes the list of initialisers */
} gd_operation_options;

/* An operation made of two functions (torch.autograd.Function):
 *     gd_operation *cube = gd_define(g, "cube", cube_forward, cube_backward);
 *     gd_tensor *y = gd_apply(cube, x);
 * Lives in the current scope. */
#define gd_define(...) gd_define_with((gd_operation_options){ __VA_ARGS__, .end = 0 })
GD_API gd_operation *gd_define_with(gd_operation_options options);

/* The operation on these tensors, floats or others, of its context. gd_apply counts them; gd_apply_to is the function
 * behind it. An error where forward sets one, or returns something else than a tensor. While an error stands forward is not
 * called, since it might write. */
#define gd_apply(operation, ...) gd_apply_to(operation, gd_list(__VA_ARGS__))
GD_API gd_tensor *gd_apply_to(gd_operation *operation, gd_tensors x);

/* The same numbers without the history: no gradient flows through. A view. */
GD_API gd_tensor *gd_detach(gd_tensor *t);

/* Turns recording on or off; returns what it was. */
GD_API bool gd_set_recording(gd_context *g, bool on);

/* A stretch without recording: what gd_no_grad_enter began, gd_no_grad_leave ends. */
typedef struct gd_no_grad {
    gd_context *context;
    bool before;
} gd_no_grad;
GD_API gd_no_grad gd_no_grad_enter(gd_context *g);
GD_API void gd_no_grad_leave(gd_no_grad *stretch);

#if defined(__GNUC__)
/* No recording up to the closing brace. */
#define GD_NO_GRAD(g)                                                                                                \
    __attribute__((cleanup(gd_no_grad_leave), unused)) gd_no_grad GD__NAME(gd__no_grad_, __LINE__) =                 \
        gd_no_grad_enter(g)
#endif

#ifdef __cplusplus
}
#endif
#endif
