/* nn.h - layers: parameters and how they are used, by themselves or in a row.
 *
 * The parameters of a network are drawn at the first use of its outermost layer, depth first and left to right, or at
 * once by gd_init: C does not say in which order the arguments of a call run, so constructors draw nothing.
 * A layer lives in the scope it was made in, and so do its parameters. */
#ifndef GRADUS_NN_H
#define GRADUS_NN_H

#include <gradus/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gd_layer gd_layer;

/* y = x W^T + b: W (out, in), b (out), x (N, in), y (N, out). W and b are drawn uniformly from
 * -1/sqrt(in) .. 1/sqrt(in), as torch.nn.Linear does; parameters "weight" and "bias", of the context's default dtype.
 * in and out must be positive. */
GD_API gd_layer *gd_linear(gd_context *g, int64_t in, int64_t out);

/* y = x W + b on the caller's tensors W (in, out) and b (out), floats of one dtype; parameters "W" and "b". They
 * become parameters: leaves that require a gradient. The tensors must live as long as the layer. x of more than two
 * dimensions is taken as (N, in). */
GD_API gd_layer *gd_affine(gd_tensor *W, gd_tensor *b);

/* Activations as layers, without parameters. */
GD_API gd_layer *gd_sigmoid_layer(gd_context *g);
GD_API gd_layer *gd_relu_layer(gd_context *g);

/* Layers in a row, each fed with the one before: gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g)). The
 * macro counts its arguments; gd_sequential_of is the function behind it. An error layer among them gives an error
 * layer. The layers must live as long as the row. Parameters are named by place: "0.weight", as in PyTorch. */
#define gd_sequential(g, ...)                                                                          \
    gd_sequential_of(g, sizeof((gd_layer *const[]){ __VA_ARGS__ }) / sizeof(gd_layer *),               \
                     (gd_layer *const[]){ __VA_ARGS__ })
GD_API gd_layer *gd_sequential_of(gd_context *g, size_t count, gd_layer *const *layers);

/* False for NULL, an error layer, or one whose scope has gone. Sets no error. */
GD_API bool gd_is_layer(const gd_layer *layer);

/* Draws the parameters now, if they have not been drawn. Returns the layer. */
GD_API gd_layer *gd_init(gd_layer *layer);

/* What the layer makes of x, of the dtype of its parameters; recorded for gd_backward and gd_layer_backward unless
 * in gd_no_grad. */
GD_API gd_tensor *gd_forward(gd_layer *layer, gd_tensor *x);

/* Layer by layer, as by hand: from the gradient dy of the layer's last output to that of its last input (a forward
 * without recording makes the layer forget the one before). The gradients of the layer's parameters are set, in
 * place of what was there (a hand-written layer's backward; gd_backward adds). Before a forward, or when what it
 * recorded has gone with its scope: GD_ERROR_STATE. */
GD_API gd_tensor *gd_layer_backward(gd_layer *layer, gd_tensor *dy);

/* The gradient of a parameter by name: "W", "2.bias". As gd_grad; an unknown name lists the names there are. */
GD_API gd_tensor *gd_layer_grad(gd_layer *layer, const char *name);

/* Parameters, numbered 0 .. gd_parameter_count() - 1 in the order of drawing; a tensor used twice counts once. The
 * name, "0.weight", is written as snprintf writes; returns its whole length. -1, 0 and error tensors on errors. */
GD_API int gd_parameter_count(gd_layer *layer);
GD_API gd_tensor *gd_parameter(gd_layer *layer, int index);
GD_API size_t gd_parameter_name(gd_layer *layer, int index, char *text, size_t size);
/* By name; an unknown name is an error that lists the names there are. */
GD_API gd_tensor *gd_parameter_named(gd_layer *layer, const char *name);
/* How many numbers the parameters hold together, -1 on an error. */
GD_API int64_t gd_parameter_numel(gd_layer *layer);

/* Prints each parameter as PyTorch's print does ("Parameter containing:" and the tensor). */
GD_API void gd_print_parameters(gd_layer *layer, FILE *to);

/* Takes the gradients of all parameters away (set_to_none). Does nothing while an error stands. */
GD_API void gd_zero_grad(gd_layer *layer);

/* Writes the parameters to a file by their names: .npz (numpy.load) or .safetensors, by the path's ending. The file
 * is replaced only when all is written. Does nothing while an error stands. False on any error. */
GD_API bool gd_save(gd_layer *layer, const char *path);

/* Reads the parameters from such a file, by content. All names and shapes must fit, or none is changed: errors name
 * the parameter, what the file has and what is expected. Other dtypes are converted. False on any error. */
GD_API bool gd_load(gd_layer *layer, const char *path);

/* From now on the parameters of `to` are those of `from`, a network of the same layers in another context: the same
 * memory, read-only, as gd_share has it. So each thread can have a context and a network of its own over the weights of
 * one, which must live as long and must not learn meanwhile. Neither context may be in use by another thread during this
 * call. Networks of one context are GD_ERROR_CONTEXT; where a name, a shape or a dtype differs, it is GD_ERROR_SHAPE. Does
 * nothing while an error stands in the context of `to`. False on any error, and then nothing is changed. */
GD_API bool gd_share_parameters(gd_layer *to, gd_layer *from);

#ifdef __cplusplus
}
#endif
#endif
