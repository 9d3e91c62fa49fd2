/* nn.h - layers: parameters and how they are used, by themselves or within each other.
 *
 *     gd_layer *net = gd_sequential(g, gd_linear(g, 784, 50), gd_batch_norm(g, 50), gd_relu_layer(g),
 *                                      gd_dropout(g, 0.2), gd_linear(g, 50, 10));
 *     gd_tensor *y = gd_forward(net, x);
 *     gd_summary(net, stdout);
 *
 * The parameters of a network are drawn at the first use of its outermost layer, depth first and left to right, or at
 * once by gd_init: C does not say in which order the arguments of a call run, so constructors draw nothing.
 * A layer lives in the scope it was made in, and so do its parameters.
 *
 * Options are written as initialisers behind the other arguments: gd_linear(g, 2, 3, .bias = false). One left out has
 * PyTorch's default. The functions that end in _with stand behind the macros, for other languages: with `given` NULL
 * every field counts as written. */
#ifndef GRADUS_NN_H
#define GRADUS_NN_H

#include <gradus/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gd_layer gd_layer;

/* ---------------------------------------------------------------------------------------------
 * Layers with parameters
 * ------------------------------------------------------------------------------------------- */

typedef struct gd_linear_options {
    gd_context *g;
    int64_t in, out;
    const char *given; /* which were written: the macro's text */
    bool bias;         /* true */
} gd_linear_options;

/* y = x W^T + b: W (out, in), b (out), x (..., in), y (..., out); without b where .bias is false. W and b are drawn
 * uniformly from -1/sqrt(in) .. 1/sqrt(in), as torch.nn.Linear does; parameters "weight" and "bias", of the context's
 * default dtype. in and out must be positive. */
#define gd_linear(...) gd_linear_with((gd_linear_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_layer *gd_linear_with(gd_linear_options options);

/* y = x W + b on the caller's tensors W (in, out) and b (out), floats of one dtype; parameters "W" and "b". They
 * become parameters: leaves that require a gradient. The tensors must live as long as the layer. x of more than two
 * dimensions is taken as (N, in). */
GD_API gd_layer *gd_affine(gd_tensor *W, gd_tensor *b);

typedef struct gd_batch_norm_options {
    gd_context *g;
    int64_t features;
    const char *given;        /* which were written: the macro's text */
    double eps;               /* 1e-5 */
    double momentum;          /* 0.1: the part of the newest batch in the running statistics */
    bool cumulative;          /* false; else they are plain averages over all batches (PyTorch: momentum=None) */
    bool affine;              /* true */
    bool bias;                /* true: affine has a bias */
    bool track_running_stats; /* true */
} gd_batch_norm_options;

/* Batch normalisation of x (N, C) or (N, C, ...), channel by channel (torch.nn.BatchNorm1d, 2d, 3d):
 *     y = (x - mean) / sqrt(var + eps) * weight + bias
 * with the mean and the biased variance of the batch while training, and the running ones in evaluation. Each training
 * forward moves these, r = (1 - momentum) r + momentum b, where b is the batch's mean or its unbiased variance.
 * Parameters "weight" (C), ones, and "bias" (C), zeros; buffers "running_mean" (C), zeros, "running_var" (C), ones, and
 * "num_batches_tracked", an int64 scalar; floats are of the context's default dtype. Without track_running_stats the
 * batch's own statistics serve always. A batch of one value a channel is GD_ERROR_VALUE where its statistics are asked
 * for, and so is an eps of zero; running statistics do not change in a forward that fails. features must be positive,
 * eps not negative. */
#define gd_batch_norm(...) gd_batch_norm_with((gd_batch_norm_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_layer *gd_batch_norm_with(gd_batch_norm_options options);

typedef struct gd_layer_norm_options {
    gd_context *g;
    gd_dims shape;
    const char *given; /* which were written: the macro's text */
    double eps;        /* 1e-5 */
    bool affine;       /* true (PyTorch: elementwise_affine) */
    bool bias;         /* true: affine has a bias */
} gd_layer_norm_options;

/* Layer normalisation over the last dimensions of x, which have this shape: gd_layer_norm(g, gd_shape(8)). The formula
 * is gd_batch_norm's, with the mean and the biased variance of each sample (torch.nn.LayerNorm). Parameters "weight",
 * ones, and "bias", zeros, of that shape and the context's default dtype. The sizes must be positive, eps not
 * negative. */
#define gd_layer_norm(...) gd_layer_norm_with((gd_layer_norm_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_layer *gd_layer_norm_with(gd_layer_norm_options options);

#define GD_NO_PADDING INT64_MIN

typedef struct gd_embedding_options {
    gd_context *g;
    int64_t count, size;
    const char *given;   /* which were written: the macro's text */
    int64_t padding_idx; /* GD_NO_PADDING */
} gd_embedding_options;

/* Rows of a table, gd_embedding(g, 1000, 16) of 1000 rows of 16 numbers: from x of any shape, int64, to y (..., size),
 * y[...] = weight[x[...]] (torch.nn.Embedding). Parameter "weight" (count, size), drawn normally with mean 0 and
 * deviation 1, of the context's default dtype. The row .padding_idx, counted from the end where it is negative, begins
 * as zeros and does not learn. count and size must be positive; a number that is no row is GD_ERROR_INDEX. */
#define gd_embedding(...) gd_embedding_with((gd_embedding_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_layer *gd_embedding_with(gd_embedding_options options);

/* ---------------------------------------------------------------------------------------------
 * Layers without parameters
 * ------------------------------------------------------------------------------------------- */

/* While training, each element of x is zeroed with probability p, and what is left is divided by 1 - p; in evaluation y
 * is x itself (torch.nn.Dropout). Draws from the context's stream, as gd_bernoulli. p outside 0 .. 1 is
 * GD_ERROR_VALUE; x must be floats where something is drawn. */
GD_API gd_layer *gd_dropout(gd_context *g, double p);

/* (N, ...) becomes (N, the product of the others) (torch.nn.Flatten). */
GD_API gd_layer *gd_flatten_layer(gd_context *g);

/* Activations: the operations of these names, gd_relu, gd_elu, ..., with the same numbers behind g. PyTorch's
 * defaults: slope 0.01, alpha 1, beta 1 and threshold 20. */
GD_API gd_layer *gd_sigmoid_layer(gd_context *g);
GD_API gd_layer *gd_relu_layer(gd_context *g);
GD_API gd_layer *gd_tanh_layer(gd_context *g);
GD_API gd_layer *gd_gelu_layer(gd_context *g);
GD_API gd_layer *gd_silu_layer(gd_context *g);
GD_API gd_layer *gd_leaky_relu_layer(gd_context *g, double slope);
GD_API gd_layer *gd_elu_layer(gd_context *g, double alpha);
GD_API gd_layer *gd_softplus_layer(gd_context *g, double beta, double threshold);
GD_API gd_layer *gd_softmax_layer(gd_context *g, int dim);
GD_API gd_layer *gd_log_softmax_layer(gd_context *g, int dim);

/* Any function of one tensor as a layer: gd_lambda(g, "square", gd_square). The name is what messages and gd_summary
 * call it. */
GD_API gd_layer *gd_lambda(gd_context *g, const char *name, gd_tensor *(*compute)(gd_tensor *x));

/* ---------------------------------------------------------------------------------------------
 * Layers within layers
 * ------------------------------------------------------------------------------------------- */

/* Layers in a row, each fed with the one before: gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g)). The
 * macro counts its arguments; gd_sequential_of is the function behind it. An error layer among them gives an error
 * layer. The layers must live as long as the row. Parameters are named by place: "0.weight", as in PyTorch. */
#define gd_sequential(g, ...)                                                                                        \
    gd_sequential_of(g, sizeof((gd_layer *const[]){ __VA_ARGS__ }) / sizeof(gd_layer *),                             \
                     (gd_layer *const[]){ __VA_ARGS__ })
GD_API gd_layer *gd_sequential_of(gd_context *g, size_t count, gd_layer *const *layers);

/* What a layer of one's own makes of x, in operations and gd_forward of the layers within it; both ways of going back
 * follow from that (a derivative written by hand: gd_define, autograd.h). Returns the output, of the current scope, or
 * the error tensor. `self` is the layer; gd_is_training(self) is its mode. */
typedef gd_tensor *gd_custom_forward(void *user, gd_layer *self, gd_tensor *x);

/* Sets the first numbers of the layer's own parameters, when its network is drawn: gd_init_normal(...). */
typedef void gd_custom_draw(void *user, gd_layer *self);

typedef struct gd_custom_options {
    gd_context *g;
    const char *name;           /* what messages and gd_summary call it; must be given */
    gd_custom_forward *forward; /* must be given */
    gd_custom_draw *draw;       /* NULL: parameters keep the numbers they came with */
    void *user;                 /* handed to the functions */
    gd_release *release;        /* gives `user` back, once: when the layer goes, or at once where making it fails */
    char end;                   /* closes the list of initialisers */
} gd_custom_options;

/* A layer of one's own, gd_custom(g, "residual", forward, .user = data, .release = free). It is given what it consists
 * of by gd_register_parameter, gd_register_buffer and gd_register_layer, and is used like any other. */
#define gd_custom(...) gd_custom_with((gd_custom_options){ __VA_ARGS__, .end = 0 })
GD_API gd_layer *gd_custom_with(gd_custom_options options);

/* Gives a layer a parameter: t becomes a leaf that requires a gradient, learns, and is saved. A buffer is saved, but
 * does not learn. A layer within: its parameters and buffers are named by way of it, "body.weight"; it is drawn, saved,
 * frozen and put into a mode with the one that holds it, whose forward must run it. Names are of 1 to 47 characters,
 * have no dot, and are each used once in a layer (GD_ERROR_VALUE). A layer that is part of another takes in no more
 * layers (GD_ERROR_STATE): networks are put together from the inside outward. What is registered must live as long as
 * the layer. Return what was registered; nothing is registered while an error stands. */
GD_API gd_tensor *gd_register_parameter(gd_layer *layer, const char *name, gd_tensor *t);
GD_API gd_tensor *gd_register_buffer(gd_layer *layer, const char *name, gd_tensor *t);
GD_API gd_layer *gd_register_layer(gd_layer *layer, const char *name, gd_layer *child);

/* The layer within another by its name: "0", "2.body". GD_ERROR_VALUE where there is none such. */
GD_API gd_layer *gd_layer_named(gd_layer *layer, const char *name);

/* ---------------------------------------------------------------------------------------------
 * Using layers
 * ------------------------------------------------------------------------------------------- */

/* False for NULL, an error layer, or one whose scope has gone. Sets no error. */
GD_API bool gd_is_layer(const gd_layer *layer);

/* Draws the parameters now, if they have not been drawn; not while an error stands. Returns the layer. */
GD_API gd_layer *gd_init(gd_layer *layer);

/* What the layer makes of x, of the dtype of its parameters; recorded for gd_backward and gd_layer_backward unless
 * in gd_no_grad. */
GD_API gd_tensor *gd_forward(gd_layer *layer, gd_tensor *x);

/* Layer by layer, as by hand: from the gradient dy of the layer's last output to that of its last input (a forward
 * without recording makes the layer forget the one before). The gradients of the layer's parameters are set, in
 * place of what was there (a hand-written layer's backward; gd_backward adds), but for frozen ones. To integers
 * that parameters were chosen by, as an embedding's, nothing flows: zeros of the output's dtype. Before a forward, or
 * when what it recorded has gone with its scope: GD_ERROR_STATE. */
GD_API gd_tensor *gd_layer_backward(gd_layer *layer, gd_tensor *dy);

/* Puts the layer and all within it into training or evaluation mode (torch.nn.Module.train and eval); layers are
 * made in training mode. Dropout and batch normalisation act by it. Does nothing while an error stands. Returns the
 * layer. */
GD_API gd_layer *gd_set_training(gd_layer *layer, bool training);

/* Is it in training mode? False inside gd_accuracy and gd_predict, which evaluate whatever the mode, and for an
 * error layer. */
GD_API bool gd_is_training(const gd_layer *layer);

/* Freezes the parameters of the layer and of all within it, or has them learn again: they require a gradient or do
 * not. The gradients of frozen ones are taken away, so that no optimizer moves them. Running statistics follow the
 * mode and not this. Does nothing while an error stands. Returns the layer. */
GD_API gd_layer *gd_freeze(gd_layer *layer, bool frozen);

/* The same network in another context, without a copy of its numbers: layers of the same kinds, whose parameters and
 * buffers are gd_share's, read-only. It is made in evaluation mode and frozen; gd_freeze(shared, false) has it make
 * gradients, which are its own. So several threads, each with a context, use one network. It must have been drawn
 * (gd_init), and must live as long and stay as it is meanwhile; gd_layer_share only reads it. Layers of one's own are
 * handed the same `user`, and must find their parts by name. Errors, such as of a network that has gone, are those of
 * `to`. */
GD_API gd_layer *gd_layer_share(gd_context *to, const gd_layer *layer);

/* ---------------------------------------------------------------------------------------------
 * Parameters and buffers
 * ------------------------------------------------------------------------------------------- */

/* Parameters, numbered 0 .. gd_parameter_count() - 1 in the order of drawing; a tensor used twice counts once. The
 * name, "0.weight", is written as snprintf writes; returns its whole length. -1, 0 and error tensors on errors. */
GD_API int gd_parameter_count(gd_layer *layer);
GD_API gd_tensor *gd_parameter(gd_layer *layer, int index);
GD_API size_t gd_parameter_name(gd_layer *layer, int index, char *text, size_t size);
/* By name; an unknown name is an error that lists the names there are. */
GD_API gd_tensor *gd_parameter_named(gd_layer *layer, const char *name);
/* How many numbers the parameters hold together, -1 on an error. */
GD_API int64_t gd_parameter_numel(gd_layer *layer);

/* The same for buffers: what is saved with the parameters but does not learn, "1.running_mean". */
GD_API int gd_buffer_count(gd_layer *layer);
GD_API gd_tensor *gd_buffer(gd_layer *layer, int index);
GD_API size_t gd_buffer_name(gd_layer *layer, int index, char *text, size_t size);
GD_API gd_tensor *gd_buffer_named(gd_layer *layer, const char *name);

/* The gradient of a parameter by name: "W", "2.bias". As gd_grad; an unknown name lists the names there are. */
GD_API gd_tensor *gd_layer_grad(gd_layer *layer, const char *name);

/* Takes the gradients of all parameters away (set_to_none). Does nothing while an error stands. */
GD_API void gd_zero_grad(gd_layer *layer);

/* Prints each parameter as PyTorch's print does ("Parameter containing:" and the tensor). */
GD_API void gd_print_parameters(gd_layer *layer, FILE *to);

/* Prints a table, one row a layer: name and kind, the shape of its newest output ("-" before the first), how many
 * numbers its own parameters hold, whether they are trainable, and the bytes of its parameters and buffers. What is
 * shared counts once. An error's message stands in its place. */
GD_API void gd_summary(gd_layer *layer, FILE *to);

/* Writes the parameters and buffers to a file by their names, which are those of PyTorch's state_dict: .npz
 * (numpy.load) or .safetensors, by the path's ending. The file is replaced only when all is written. Does nothing while
 * an error stands. False on any error. */
GD_API bool gd_save(gd_layer *layer, const char *path);

/* Reads them from such a file, by content. All names and shapes must fit, or none is changed: errors name the
 * parameter, what the file has and what is expected. A tensor that is used twice may be there under its first name
 * alone. Other dtypes are converted. False on any error. */
GD_API bool gd_load(gd_layer *layer, const char *path);

/* ---------------------------------------------------------------------------------------------
 * First numbers: torch.nn.init
 *
 * All fill a tensor of floats in row-major order, which may be a parameter, in place, and raise its version; they
 * return it. Draws come from the context's stream; with GD_RNG_TORCH they are PyTorch's. They do nothing while an error
 * stands; numbers that can't be are GD_ERROR_VALUE. For one value there is gd_fill (op.h).
 * ------------------------------------------------------------------------------------------- */

/* Uniform on [low, high). */
GD_API gd_tensor *gd_init_uniform(gd_tensor *t, double low, double high);

/* Normal with this mean and standard deviation; the second between two limits as well, drawn by rejection. */
GD_API gd_tensor *gd_init_normal(gd_tensor *t, double mean, double deviation);
GD_API gd_tensor *gd_init_trunc_normal(gd_tensor *t, double mean, double deviation, double low, double high);

/* Glorot's, for a weight (out, in, ...): with fan_in = in * the product of what is behind, and fan_out = out * it,
 *     uniform: on -b .. b with b = gain sqrt(6 / (fan_in + fan_out))
 *     normal: with the deviation gain sqrt(2 / (fan_in + fan_out))
 * gd_affine's W is (in, out): for it the two fans change places. Fewer than two dimensions are GD_ERROR_SHAPE.
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010. */
GD_API gd_tensor *gd_init_xavier_uniform(gd_tensor *t, double gain);
GD_API gd_tensor *gd_init_xavier_normal(gd_tensor *t, double gain);

typedef enum gd_fan { GD_FAN_IN, GD_FAN_OUT } gd_fan;

typedef struct gd_kaiming_options {
    gd_tensor *t;
    double a;                 /* 0: the slope of a leaky_relu behind the layer */
    gd_fan mode;              /* GD_FAN_IN: keeps the variance forward; GD_FAN_OUT: backward */
    const char *nonlinearity; /* "leaky_relu"; the names of gd_gain */
    char end;                 /* closes the list of initialisers */
} gd_kaiming_options;

/* He's, for a weight (out, in, ...): gd_init_kaiming_normal(W, .nonlinearity = "relu"). With the gain of the
 * nonlinearity,
 *     uniform: on -b .. b with b = gain sqrt(3 / fan)
 *     normal: with the deviation gain / sqrt(fan)
 * Source: He et al., "Delving deep into rectifiers", 2015. */
#define gd_init_kaiming_uniform(...) gd_init_kaiming_uniform_with((gd_kaiming_options){ __VA_ARGS__, .end = 0 })
#define gd_init_kaiming_normal(...) gd_init_kaiming_normal_with((gd_kaiming_options){ __VA_ARGS__, .end = 0 })
GD_API gd_tensor *gd_init_kaiming_uniform_with(gd_kaiming_options options);
GD_API gd_tensor *gd_init_kaiming_normal_with(gd_kaiming_options options);

/* Rows or columns, whichever are fewer, orthogonal to each other and of length `gain`; what is behind (out, in) counts
 * as columns. Fewer than two dimensions are GD_ERROR_SHAPE. Source: Saxe et al., "Exact solutions to the nonlinear
 * dynamics of learning in deep linear neural networks", 2013. */
GD_API gd_tensor *gd_init_orthogonal(gd_tensor *t, double gain);

/* The gain for a nonlinearity (torch.nn.init.calculate_gain): 1 for "linear", "sigmoid" and the convolutions "conv1d"
 * .. "conv_transpose3d", 5/3 for "tanh", sqrt(2) for "relu", sqrt(2 / (1 + slope^2)) for "leaky_relu" (PyTorch's slope
 * is 0.01), 3/4 for "selu". NaN for another name, which the initialisers refuse. */
GD_API double gd_gain(const char *nonlinearity, double slope);

/* Draws the network, and then hands each of its parameters, with its name, to the function, which may set it anew:
 *     static void glorot(void *user, const char *name, gd_tensor *parameter)
 *     {
 *         if (gd_ndim(parameter) == 2)
 *             gd_init_xavier_uniform(parameter, 1);
 *     }
 * Does nothing while an error stands. Returns the layer; the error layer where one stands afterwards. */
typedef void gd_initialiser(void *user, const char *name, gd_tensor *parameter);
GD_API gd_layer *gd_init_with(gd_layer *layer, gd_initialiser *initialise, void *user);

#ifdef __cplusplus
}
#endif
#endif
