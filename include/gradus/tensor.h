/* tensor.h - strided tensors of numbers: making, reading, writing and printing them.
 *
 * A tensor has a dtype, a shape of at most GD_MAX_DIMS dimensions, and strides into a storage that its
 * views share. It belongs to the scope it was made in. Shapes are values: gd_shape(2, 3), and gd_shape()
 * for a scalar. Dimensions are counted from 0; negative ones from the end, as in PyTorch.
 *
 * All functions here take any dtype and layout unless they say otherwise, and return a tensor that
 * belongs to the current scope, or the error tensor. */
#ifndef GRADUS_TENSOR_H
#define GRADUS_TENSOR_H

#include <gradus/base.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GD_MAX_DIMS = 8 };

typedef struct gd_tensor gd_tensor;

/* Every dtype in one table: X(constant, name as PyTorch prints it, C type).
 * GD_DEFAULT, which is none of them, asks for the context's default: float32 unless changed. */
#define GD_DTYPE_LIST(X)                                                                               \
    X(GD_FLOAT32, "float32", float)                                                                    \
    X(GD_FLOAT64, "float64", double)                                                                   \
    X(GD_INT64, "int64", int64_t)                                                                      \
    X(GD_UINT8, "uint8", uint8_t)                                                                      \
    X(GD_BOOL, "bool", bool)

typedef enum gd_dtype {
    GD_DEFAULT,
#define GD_DTYPE_CONSTANT(constant, name, type) constant,
    GD_DTYPE_LIST(GD_DTYPE_CONSTANT)
#undef GD_DTYPE_CONSTANT
} gd_dtype;

/* "float32". A static string; "unknown" for a number that is no dtype. */
GD_API const char *gd_dtype_name(gd_dtype dtype);

/* Bytes of one element; 0 for a number that is no dtype. */
GD_API size_t gd_dtype_size(gd_dtype dtype);

/* The dtype that GD_DEFAULT stands for from now on: GD_FLOAT32 or GD_FLOAT64
 * (torch.set_default_dtype); another is GD_ERROR_DTYPE. */
GD_API void gd_set_default_dtype(gd_context *g, gd_dtype dtype);

/* ---------------------------------------------------------------------------------------------
 * Shapes
 * ------------------------------------------------------------------------------------------- */

/* A list of sizes, by value. count is -1 in a list that could not be made (more than GD_MAX_DIMS). */
typedef struct gd_dims {
    int count;
    int64_t size[GD_MAX_DIMS];
} gd_dims;

/* gd_shape(2, 3) is a gd_dims of two sizes, gd_shape() one of none: the shape of a scalar.
 * The macro counts its arguments; gd_shape_of is the function behind it. */
#define gd_shape(...)                                                                                  \
    gd_shape_of(sizeof((const int64_t[]){ 0, __VA_ARGS__ }) / sizeof(int64_t) - 1,                     \
                (const int64_t[]){ 0, __VA_ARGS__ } + 1)
GD_API gd_dims gd_shape_of(size_t count, const int64_t *size);

/* Several tensors, by value: gd_list(a, b, c), or (gd_tensors){ count, array }. The list does not own them. */
typedef struct gd_tensors {
    int count;
    gd_tensor *const *item;
} gd_tensors;
#define gd_list(...)                                                                                   \
    ((gd_tensors){ sizeof((gd_tensor *const[]){ __VA_ARGS__ }) / sizeof(gd_tensor *),                  \
                   (gd_tensor *const[]){ __VA_ARGS__ } })

/* The list of none. */
#define gd_no_tensors ((gd_tensors){ 0, NULL })

/* ---------------------------------------------------------------------------------------------
 * Making
 * ------------------------------------------------------------------------------------------- */

/* A float tensor (the default dtype) of these values, in row-major order. How many are given must be
 * what the shape holds, or it is GD_ERROR_VALUE:
 *     gd_tensor *x = gd_values(g, gd_shape(2, 2), 0, 1,  2, 3);
 * gd_values_as takes the dtype; gd_values_of is the function behind both. */
#define gd_values(g, shape, ...) gd_values_as(g, GD_DEFAULT, shape, __VA_ARGS__)
#define gd_values_as(g, dtype, shape, ...)                                                             \
    gd_values_of(g, dtype, shape, sizeof((const double[]){ 0, __VA_ARGS__ }) / sizeof(double) - 1,     \
                 (const double[]){ 0, __VA_ARGS__ } + 1)
GD_API gd_tensor *gd_values_of(gd_context *g, gd_dtype dtype, gd_dims shape, size_t count, const double *values);

/* A tensor of zeros, of ones, of `value`. Integer dtypes take the value's whole part, and uint8 its last 8 bits. */
GD_API gd_tensor *gd_zeros(gd_context *g, gd_dtype dtype, gd_dims shape);
GD_API gd_tensor *gd_ones(gd_context *g, gd_dtype dtype, gd_dims shape);
GD_API gd_tensor *gd_full(gd_context *g, gd_dtype dtype, gd_dims shape, double value);

/* A tensor of one value and no dimension. */
GD_API gd_tensor *gd_scalar(gd_context *g, gd_dtype dtype, double value);

/* The same with the shape and dtype of another tensor. */
GD_API gd_tensor *gd_zeros_like(const gd_tensor *t);
GD_API gd_tensor *gd_ones_like(const gd_tensor *t);
GD_API gd_tensor *gd_full_like(const gd_tensor *t, double value);

/* The identity matrix: 1 where row and column are equal, else 0 (torch.eye). */
GD_API gd_tensor *gd_eye(gd_context *g, gd_dtype dtype, int64_t rows, int64_t columns);

/* Rows of numbers, of any dtype but bool (GD_ERROR_DTYPE). */

/* 0, 1, ..., n - 1 (torch.arange(n)); dtype GD_DEFAULT means int64 here, as in PyTorch. */
GD_API gd_tensor *gd_arange(gd_context *g, gd_dtype dtype, int64_t n);

/* start, start + step, start + 2 step, ... up to end, which is not among them: ceil((end - start) / step) numbers
 * (torch.arange(start, end, step)). GD_DEFAULT means int64 where all three are whole numbers, else the default dtype.
 * Floats are each rounded once, where PyTorch's vectors round float32 twice: the last places can differ. An integer
 * dtype takes the whole part of start and of step, as in PyTorch. A step that is 0 or leads away from the end, and
 * numbers that are not finite, are GD_ERROR_VALUE. */
GD_API gd_tensor *gd_range(gd_context *g, gd_dtype dtype, double start, double end, double step);

/* count numbers from start to end, both included, at equal distances (torch.linspace, to the last bit); one is
 * start. In integer dtypes the ends and the numbers between lose their fractions. */
GD_API gd_tensor *gd_linspace(gd_context *g, gd_dtype dtype, double start, double end, int64_t count);

/* A copy of row-major memory: `from` holds as many elements of `dtype` as the shape. */
GD_API gd_tensor *gd_from_memory(gd_context *g, gd_dtype dtype, gd_dims shape, const void *from);

/* Called when memory is no longer borrowed. */
typedef void gd_release(void *user);

/* A tensor over the caller's memory, without a copy (torch.from_numpy). Strides are counted in elements, one for each
 * dimension, 0 or more; NULL: row-major. The memory must be aligned to the elements (GD_ERROR_VALUE), and bools in it
 * be 0 or 1. It must stay until release(user) is called, where that is not NULL: once, when the last tensor over it has
 * gone, by its scope's end or gd_close; views of it count, gd_keep helps. On an error the memory stays the caller's, and
 * release is not called. In release, nothing of this context may be called. Writes from outside are seen, but raise no
 * version: do them between a backward and the next forward.
 * gd_borrow_const: the same to read only. Whatever would write to it is GD_ERROR_STATE. */
GD_API gd_tensor *gd_borrow(gd_context *g, gd_dtype dtype, gd_dims shape, const int64_t *strides, void *memory,
                            gd_release *release, void *user);
GD_API gd_tensor *gd_borrow_const(gd_context *g, gd_dtype dtype, gd_dims shape, const int64_t *strides,
                                  const void *memory, gd_release *release, void *user);

/* The same numbers, read-only, in another context, without a copy: so that several threads, each with a context of its
 * own, use the weights of one network. t must live as long as the new tensor, and must not be written meanwhile; its
 * own context may read it. A leaf without a name or a gradient; its gradients, where asked for, are its context's.
 * gd_layer_share (nn.h) does it for a whole network. */
GD_API gd_tensor *gd_share(gd_context *to, const gd_tensor *t);

/* Draws from the context's random stream, in row-major order. With the TORCH or NUMPY stream they are those of the
 * model, whose function is named below. */

/* Floats; another dtype is GD_ERROR_DTYPE.
 * gd_rand: uniform on [0, 1) (torch.rand, np.random.rand). gd_randn: normal with mean 0 and deviation 1 (torch.randn,
 * np.random.randn). The like-forms take the shape and dtype of t. */
GD_API gd_tensor *gd_rand(gd_context *g, gd_dtype dtype, gd_dims shape);
GD_API gd_tensor *gd_randn(gd_context *g, gd_dtype dtype, gd_dims shape);
GD_API gd_tensor *gd_rand_like(const gd_tensor *t);
GD_API gd_tensor *gd_randn_like(const gd_tensor *t);

/* Floats, uniform on [low, high) (torch.Tensor.uniform_, np.random.uniform). A high below low, or a bound or a
 * difference that the dtype can't hold, is GD_ERROR_VALUE; low == high gives low. */
GD_API gd_tensor *gd_uniform(gd_context *g, gd_dtype dtype, gd_dims shape, double low, double high);

/* Floats, normal with this mean and standard deviation (torch.normal, np.random.normal). A deviation that is
 * negative or NaN is GD_ERROR_VALUE. */
GD_API gd_tensor *gd_normal(gd_context *g, gd_dtype dtype, gd_dims shape, double mean, double deviation);

/* 1 with probability p, else 0; any dtype. torch.empty(shape).bernoulli_(p), np.random.rand(*shape) < p. With the
 * TORCH stream the draws are PyTorch's own generator's, which its builds with MKL do not use for this on Intel's
 * processors. A p outside [0, 1] is GD_ERROR_VALUE. */
GD_API gd_tensor *gd_bernoulli(gd_context *g, gd_dtype dtype, gd_dims shape, double p);

/* Integers low .. high - 1 (torch.randint, np.random.randint); any dtype, GD_DEFAULT means int64. low >= high is
 * GD_ERROR_VALUE, and so are bounds between which the dtype does not hold every integer: float32 holds them from
 * -2^24 to 2^24, float64 from -2^53 to 2^53. NumPy's own uint8 and bool draws differ: here they are those of int64. */
GD_API gd_tensor *gd_randint(gd_context *g, gd_dtype dtype, gd_dims shape, int64_t low, int64_t high);

/* n integers drawn with replacement from 0 .. limit - 1, int64 (np.random.choice(limit, n)).
 * limit must be positive, or it is GD_ERROR_VALUE. */
GD_API gd_tensor *gd_choice(gd_context *g, int64_t limit, int64_t n);

/* A random order of 0 .. n - 1, int64 (torch.randperm, np.random.permutation). */
GD_API gd_tensor *gd_randperm(gd_context *g, int64_t n);

/* ---------------------------------------------------------------------------------------------
 * Asking
 * ------------------------------------------------------------------------------------------- */

/* False for NULL, for the error tensor, and for a tensor whose scope has gone. Sets no error. */
GD_API bool gd_is_tensor(const gd_tensor *t);

/* The number of dimensions, of elements; -1 for an error tensor. */
GD_API int gd_ndim(const gd_tensor *t);
GD_API int64_t gd_numel(const gd_tensor *t);

/* The size of one dimension, -1 for an error tensor or where there is none such (GD_ERROR_INDEX). */
GD_API int64_t gd_size(const gd_tensor *t, int dim);

/* How many elements apart two neighbours along dim lie in memory; -1 as gd_size. */
GD_API int64_t gd_stride(const gd_tensor *t, int dim);

/* Do the elements lie in row-major order without gaps? False for an error tensor. */
GD_API bool gd_is_contiguous(const gd_tensor *t);

/* The whole shape; its count is -1 for an error tensor. */
GD_API gd_dims gd_sizes(const gd_tensor *t);

/* GD_DEFAULT for an error tensor. */
GD_API gd_dtype gd_dtype_of(const gd_tensor *t);

/* The context that the tensor was made in. */
GD_API gd_context *gd_context_of(const gd_tensor *t);

/* Names the tensor; messages and explanations use it. The text is copied. Returns t. */
GD_API gd_tensor *gd_name(gd_tensor *t, const char *name);

/* The name, "" where none was given. It belongs to the tensor. */
GD_API const char *gd_name_of(const gd_tensor *t);

/* Moves the tensor to the scope outside the current one (out of a step, say); the pointer stays. The
 * record of how it was made stays behind, so gd_backward can't go through it afterwards. Returns t. */
GD_API gd_tensor *gd_keep(gd_tensor *t);

/* ---------------------------------------------------------------------------------------------
 * Reading and writing
 * ------------------------------------------------------------------------------------------- */

/* The value of a tensor of one element, as a double. More elements or none: GD_ERROR_SHAPE.
 * NaN on any error. */
GD_API double gd_item(const gd_tensor *t);

/* One element, as a double: gd_at(t, 1, 2). As many indices as dimensions; negative ones count from
 * the end. NaN on any error. gd_at_of is the function behind the macro. */
#define gd_at(t, ...)                                                                                  \
    gd_at_of(t, sizeof((const int64_t[]){ 0, __VA_ARGS__ }) / sizeof(int64_t) - 1,                     \
             (const int64_t[]){ 0, __VA_ARGS__ } + 1)
GD_API double gd_at_of(const gd_tensor *t, size_t count, const int64_t *index);

/* Copies all elements out in row-major order, converted to `dtype`; `count` is how many `to` has room
 * for, and must be gd_numel(t). False on any error. */
GD_API bool gd_read(const gd_tensor *t, gd_dtype dtype, void *to, size_t count);

/* Copies `count` elements of `dtype` in, in row-major order; raises the version of the tensor's storage,
 * as every write does: a backward that needs the old values is an error. Does nothing while an error
 * stands. A read-only tensor, and an expanded one, several elements of which are one in memory, are GD_ERROR_STATE.
 * False on any error. gd_assign and gd_fill (op.h) write from a tensor and a number. */
GD_API bool gd_write(gd_tensor *t, gd_dtype dtype, const void *from, size_t count);

/* The elements themselves, in row-major order, to read: valid as long as the tensor. NULL (with
 * GD_ERROR_STATE) where the tensor is a view whose elements do not lie so: gd_contiguous copies it. */
GD_API const void *gd_data(const gd_tensor *t);

/* ---------------------------------------------------------------------------------------------
 * Printing
 * ------------------------------------------------------------------------------------------- */

/* Prints the tensor as PyTorch's print does, with a newline:
 *     tensor([[0.3100, 0.6700]])
 * An error tensor prints its context's message. */
GD_API void gd_print(const gd_tensor *t, FILE *to);

/* The same text without the newline, written as snprintf writes; returns its whole length. */
GD_API size_t gd_format(const gd_tensor *t, char *text, size_t size);

/* Whose notation: each with its library's default options, of PyTorch 2.15 and of NumPy 2.4. */
typedef enum gd_style {
    GD_STYLE_TORCH,     /* tensor([[0.3100, 0.6700]]) */
    GD_STYLE_NUMPY,     /* [[0.31 0.67]], as NumPy's print; no dimensions: 0.31 */
    GD_STYLE_NUMPY_REPR /* array([[0.31, 0.67]], dtype=float32), as a notebook shows it */
} gd_style;

/* The two above in any style; one that is none is GD_ERROR_VALUE. */
GD_API void gd_print_as(const gd_tensor *t, gd_style style, FILE *to);
GD_API size_t gd_format_as(const gd_tensor *t, gd_style style, char *text, size_t size);

/* A number as Python prints its float: the fewest digits that read back as the same float64, "0.1", "42.0", "1e-05", "nan",
 * "-inf". Written as snprintf writes; returns its whole length, which is below GD_DOUBLE_SIZE. */
enum { GD_DOUBLE_SIZE = 32 };
GD_API size_t gd_format_double(double x, char *text, size_t size);

/* The same for printf: printf("%s\n", gd_repr(x)). The text lasts to the end of the block. */
#define gd_repr(x) gd__repr(x, (char[GD_DOUBLE_SIZE]){ 0 })
static inline const char *gd__repr(double x, char *text)
{
    gd_format_double(x, text, GD_DOUBLE_SIZE);
    return text;
}

#ifdef __cplusplus
}
#endif
#endif
