/* check.h - are these gradients right? And where they are not: what is wrong with them?
 *
 *     static gd_tensor *loss(void *user, gd_tensor *const *in, size_t n)
 *     {
 *         struct model *m = user;
 *         (void)n;
 *         return gd_mse(gd_sigmoid(gd_add(gd_matmul(in[0], m->W), m->b)), m->t);
 *     }
 *     ...
 *     gd_check *c = gd_gradcheck(g, loss, gd_list(x), .user = &m, .parameters = gd_list(m.W, m.b),
 *                                .claimed = gd_list(dx, dW, db));
 *     gd_print_check(c, stdout);
 *     if (gd_check_verdict(c) == GD_CHECK_WRONG)
 *         ...gd_check_at(c, 1)->explanation[0].mistake[0].cause...
 *
 * The right gradients come from numbers alone: central differences, computed in float64 whatever the tensors are, with a step
 * of its own for each entry. Where a gradient differs from them, the computation of f is looked at to find the mistake that
 * would have made just these numbers. Nothing is printed but on request, no gradient and no parameter is changed, and the
 * random stream stands where it stood: f is called many times, each time from the same place in the stream.
 * f is handed tensors of float64, and its parameters are of float64 meanwhile, whatever they were: operations of one's own in
 * plain C ask gd_dtype_of, or read with gd_read. f may be stateful in what it leaves in buffers, which are put back, but must
 * give the same numbers each time. A check belongs to the scope it was made in. */
#ifndef GRADUS_CHECK_H
#define GRADUS_CHECK_H

#include <gradus/autograd.h>
#include <gradus/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gd_check gd_check;

typedef enum gd_verdict {
    GD_CHECK_RIGHT,  /* it agrees with the numbers */
    GD_CHECK_WRONG,  /* it does not */
    GD_CHECK_UNSURE, /* it could not be compared everywhere: noise, or numbers that are not finite; the rest agrees */
    GD_CHECK_FAILED  /* nothing could be compared; the context has the error */
} gd_verdict;

/* "right". A static string; "unknown" for a number that is no verdict. */
GD_API const char *gd_verdict_name(gd_verdict verdict);

/* What can be wrong with a gradient: X(constant, key, in words). Which can't be told apart by numbers alone is said in the
 * explanations of each check. */
#define GD_CAUSE_LIST(X)                                                                                               \
    X(GD_CAUSE_UNKNOWN, "unknown", "no known mistake explains it")                                                     \
    X(GD_CAUSE_SIGN, "sign", "the sign is flipped")                                                                    \
    X(GD_CAUSE_FACTOR, "factor", "a constant factor is wrong")                                                         \
    X(GD_CAUSE_SUM_FOR_MEAN, "sum for mean", "summed where the mean is meant")                                         \
    X(GD_CAUSE_MEAN_FOR_SUM, "mean for sum", "averaged where the sum is meant")                                        \
    X(GD_CAUSE_TRANSPOSED, "transposed", "transposed")                                                                 \
    X(GD_CAUSE_PERMUTED, "permuted", "the axes are permuted, or the entries are in another order")                     \
    X(GD_CAUSE_NOT_SUMMED, "not summed", "not summed over an axis that was broadcast")                                 \
    X(GD_CAUSE_WRONG_AXIS, "wrong axis", "summed, or taken, along the wrong axis")                                     \
    X(GD_CAUSE_DERIVATIVE_MISSING, "derivative missing", "a derivative is left out")                                   \
    X(GD_CAUSE_DERIVATIVE_TWICE, "derivative twice", "a derivative is taken twice")                                    \
    X(GD_CAUSE_WRONG_POINT, "wrong point", "a derivative is taken at the wrong point")                                 \
    X(GD_CAUSE_MASK_INVERTED, "mask inverted", "the mask is inverted")                                                 \
    X(GD_CAUSE_MASK_WRONG, "mask wrong", "the mask is taken from the wrong tensor")                                    \
    X(GD_CAUSE_SOFTMAX_DIAGONAL, "softmax diagonal", "of softmax's Jacobian only the diagonal is used")                \
    X(GD_CAUSE_SOFTMAX_TWICE, "softmax twice", "softmax's Jacobian is applied twice")                                  \
    X(GD_CAUSE_OPERANDS_SWAPPED, "operands swapped", "the operands of a product are swapped")                          \
    X(GD_CAUSE_TERM_SIGN, "term sign", "one term has the wrong sign")                                                  \
    X(GD_CAUSE_TERM_MISSING, "term missing", "one term, or factor, is missing")                                        \
    X(GD_CAUSE_STALE, "stale", "a value of an earlier forward is used")                                                \
    X(GD_CAUSE_OVERWRITTEN, "overwritten", "an input is overwritten")                                                  \
    X(GD_CAUSE_ACCUMULATED, "accumulated", "added to an earlier gradient where it should be set")                      \
    X(GD_CAUSE_ASSIGNED, "assigned", "set where it should be added up")                                                \
    X(GD_CAUSE_OFF_BY_ONE, "off by one", "an index is off by one")                                                     \
    X(GD_CAUSE_PATH_FORGOTTEN, "path forgotten", "one path of a branching computation is forgotten")                   \
    X(GD_CAUSE_SHARED_ONCE, "shared once", "a tensor that is used several times is counted once")                      \
    X(GD_CAUSE_MISSING, "missing", "there is no gradient")                                                             \
    X(GD_CAUSE_REGULARISER_MISSING, "regulariser missing", "the regulariser's gradient is missing")                    \
    X(GD_CAUSE_FLOAT32, "float32", "computed in float32 where float64 is meant")                                       \
    X(GD_CAUSE_DETACHED, "detached", "detached where a gradient should flow")                                          \
    X(GD_CAUSE_NOT_DETACHED, "not detached", "a gradient flows where it should be detached")                           \
    X(GD_CAUSE_WRONG_VALUE, "wrong value", "the value of another tensor is used")                                      \
    X(GD_CAUSE_NOT_FINITE, "not finite", "there are numbers that are not finite")                                      \
    X(GD_CAUSE_WRONG_SHAPE, "wrong shape", "the shape is wrong")

typedef enum gd_cause {
#define GD_CAUSE_CONSTANT(constant, key, words) constant,
    GD_CAUSE_LIST(GD_CAUSE_CONSTANT)
#undef GD_CAUSE_CONSTANT
    GD_CAUSE_COUNT
} gd_cause;

/* The key, "wrong axis", and the words of a cause. Static strings; "unknown" for a number that is no cause. */
GD_API const char *gd_cause_key(gd_cause cause);
GD_API const char *gd_cause_words(gd_cause cause);

enum { GD_MAX_MISTAKES = 3, GD_MAX_EXPLANATIONS = 5 };

/* One mistake. Strings are never NULL, "" where there is nothing to say. */
typedef struct gd_mistake {
    gd_cause cause;
    double factor;    /* what the right gradient is multiplied by: of a sign -1, of a sum for a mean N; else 1 */
    char where[96];   /* the step, and the layer, that it stands at: "sigmoid", "matmul [in layer 2 (linear)]", "the gradient
                         of z"; "" where it can be anywhere */
    char what[256];   /* in a sentence: the cause's words, and what was found there */
    char remedy[256]; /* in a sentence, what to do about it */
} gd_mistake;

/* Mistakes that together make just the gradient that was claimed. */
typedef struct gd_explanation {
    int mistakes;
    gd_mistake mistake[GD_MAX_MISTAKES];
    double confidence;    /* 0 to 1; those of an input's explanations sum to at most 1 */
    double misfit;        /* |claimed - explained| / |claimed|: what it leaves open */
    char tell_apart[256]; /* what would tell it from the first explanation; "" for the first */
} gd_explanation;

/* What was found about one gradient. */
typedef struct gd_check_input {
    char name[96];      /* the tensor's name, or "in[0]" */
    gd_verdict verdict;
    gd_dims shape;      /* of the tensor */
    int64_t entries;    /* how many it has, */
    int64_t compared;   /* were compared one by one (0: along random directions alone), */
    int64_t wrong, kinks, unsure; /* and of these: disagree; have a kink there; can't be trusted */
    gd_dims worst;      /* the entry that is furthest off (of a wrong one: its first, where all are equally so) */
    double claimed, numeric, uncertainty; /* there: the two numbers, and how far `numeric` can be trusted */
    gd_dims kink;       /* the first kink: there the slopes of both sides, and the claimed one */
    double kink_left, kink_right, kink_claimed;
    char pattern[256];  /* where the error sits: "rows 2 and 5", "all entries"; "" where it is right; of an unsure
                        * one why, where that is known */
    int explanations;   /* the likeliest first; none where it is right */
    gd_explanation explanation[GD_MAX_EXPLANATIONS];
} gd_check_input;

/* What gd_gradcheck takes behind the function and the list of its arguments. */
typedef struct gd_gradcheck_options {
    gd_context *g;
    gd_function *f;        /* what is differentiated; its result a tensor of floats of any shape */
    gd_tensors in;         /* handed to f; the gradients of the floats among them are checked */
    const char *given;     /* which were written: the macro's text */
    void *user;            /* handed to f */
    gd_tensors parameters; /* tensors that f uses of its own accord: these gradients are checked too */
    gd_tensors claimed;    /* gradients that somebody computed, of the floats of `in` and then of `parameters`, in this
                              order; their shapes may be wrong. NULL among them: none was computed. Left out: those of
                              gd_gradient are checked */
    gd_tensors earlier;    /* what these tensors were in the step before, if known: stale values are found so */
    gd_tensor *dy;         /* the gradient of f's result; left out: 1 where it has one element, else drawn at random */
    double rtol, atol;     /* |claimed - numeric| <= atol + rtol |numeric| is right; 0: by the dtype of what is
                              claimed (float64 1e-5, float32 1e-3, and what is known of the uncertainty) and the scale. Digits that
                              float32 lacks are missed of a tensor of float64 all the same */
    bool fast;             /* compare along random directions alone, where that is enough */
    bool second;           /* check the derivatives of the gradients as well */
    uint64_t seed;         /* of random directions and of dy */
    FILE *progress;        /* a bar is drawn there when it takes longer than a second; NULL: none */
} gd_gradcheck_options;

/* Checks the gradients of f, at the point `in`:
 *     gd_gradcheck(g, f, gd_list(x, W))                              of a function of tensors
 *     gd_gradcheck(g, loss, gd_no_tensors, .user = m, .parameters = gd_list(W, b))   of a loss of named parameters
 *     gd_gradcheck(g, loss, gd_list(W, b), .claimed = gd_list(dW, db))               that somebody computed
 * Returns a check of the current scope; the error object, with the error set, where it can't be made. */
#define gd_gradcheck(...) gd_gradcheck_with((gd_gradcheck_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_check *gd_gradcheck_with(gd_gradcheck_options options);

typedef struct gd_layer_check {
    gd_layer *layer;
    gd_tensor *x;
    const char *given;
    gd_tensors earlier; /* of x, where that is of floats, and then of the parameters */
    gd_tensor *dy;      /* the rest as in gd_gradcheck_options */
    double rtol, atol;
    bool fast, second;
    uint64_t seed;
    FILE *progress;
} gd_layer_check;

/* Checks a layer at x, gd_gradcheck_layer(net, x): the gradients of x, where that is of floats, and of all its parameters
 * that are not frozen, as gd_backward has them. */
#define gd_gradcheck_layer(...) gd_gradcheck_layer_with((gd_layer_check){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_check *gd_gradcheck_layer_with(gd_layer_check options);

typedef struct gd_operation_check {
    gd_operation *operation;
    gd_tensors x;
    const char *given;
    gd_tensors earlier;
    gd_tensor *dy; /* the rest as in gd_gradcheck_options */
    double rtol, atol;
    bool fast, second;
    uint64_t seed;
    FILE *progress;
} gd_operation_check;

/* Checks an operation of one's own on these operands: gd_gradcheck_operation(cube, gd_list(x)). Its backward may set
 * gradients of wrong shapes: that is diagnosed. One that can't take float64 is handed float32, where x is that, with the tolerance
 * that this needs; the printed check says so. */
#define gd_gradcheck_operation(...)                                                                                    \
    gd_gradcheck_operation_with((gd_operation_check){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_check *gd_gradcheck_operation_with(gd_operation_check options);

/* Checks an operation of the library, 0 .. gd_op_count() - 1, on operands of the kind that it is tested with, float64 and
 * drawn from the context's random stream. Some have several samples: shapes that broadcast, other options. How many there are;
 * 0 where none can be checked (an update, an operation without derivative, an index outside). gd_gradcheck_op is the error
 * object, with GD_ERROR_VALUE, where there is no such sample. */
GD_API int gd_gradcheck_samples(int op);
GD_API gd_check *gd_gradcheck_op(gd_context *g, int op, int sample);

/* The worst verdict of its inputs; GD_CHECK_FAILED for an error object. Sets no error. */
GD_API gd_verdict gd_check_verdict(const gd_check *check);

/* How many gradients were checked, 0 for an error object, and what was found of each; NULL outside. */
GD_API int gd_check_count(const gd_check *check);
GD_API const gd_check_input *gd_check_at(const gd_check *check, int index);

/* Prints what was found: a line for each gradient, and for a wrong one where, both numbers, the cause, and what to do. An
 * error object prints its context's message. */
GD_API void gd_print_check(const gd_check *check, FILE *to);

/* The same text, written as snprintf writes; returns its whole length. */
GD_API size_t gd_format_check(const gd_check *check, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
