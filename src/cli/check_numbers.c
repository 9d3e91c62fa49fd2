/* check_numbers.c - gradients that somebody computed in Python, say, and saved beside the numbers that they came from. The
 * network is named layer by layer; the file has its parameters and what was taken for their gradients. */
#include "cli.h"

#include <string.h>
#include <strings.h>

enum { MOST_LAYERS = 32, MOST_CHECKED = 3 * MOST_LAYERS + 1, MOST_ARRAYS = 256, NAME_SIZE = 64 };

typedef gd_tensor *activation(gd_tensor *x);

typedef struct layer {
    activation *function; /* NULL: weights */
    bool transposed;      /* x W^T and not x W */
    gd_tensor *W, *b;     /* b NULL: the layer has none */
    char output[16];  /* what its output is called: "z1" of the first weights, "a1" of the activation behind them */
    gd_tensor *shift; /* zeros that are added to the output, where its gradient was claimed: theirs is the same */
} layer;

typedef struct network {
    int layers;
    layer layer[MOST_LAYERS];
    gd_loss_function *loss;
    double factor; /* makes a mean of a sum, and the reverse */
    double l2;
    gd_tensor *x, *t;
} network;

/* The file, and which of its arrays have found a place. */
typedef struct numbers {
    gd_archive *archive;
    int count;
    bool used[MOST_ARRAYS];
} numbers;

/* What is checked: tensors and, at the same places, what was claimed. */
typedef struct claims {
    int count;
    bool earlier_known;
    gd_tensor *of[MOST_CHECKED], *claimed[MOST_CHECKED], *earlier[MOST_CHECKED];
} claims;

static bool complain(const char *what, const char *name, const char *remedy)
{
    fprintf(stderr, "gradus check: %s '%s': %s\n", what, name, remedy);
    return false;
}

/* ---- layers and losses by name ---- */

static gd_tensor *leaky_relu(gd_tensor *x)
{
    return gd_leaky_relu(x, 0.01);
}

static gd_tensor *elu(gd_tensor *x)
{
    return gd_elu(x, 1);
}

static gd_tensor *softplus(gd_tensor *x)
{
    return gd_softplus(x, 1, 20);
}

static gd_tensor *softmax(gd_tensor *x)
{
    return gd_softmax(x, -1);
}

static gd_tensor *log_softmax(gd_tensor *x)
{
    return gd_log_softmax(x, -1);
}

static const struct {
    const char *name;
    activation *function;
} activations[] = {
    { "sigmoid", gd_sigmoid },
    { "relu", gd_relu },
    { "tanh", gd_tanh },
    { "softmax", softmax },
    { "log_softmax", log_softmax },
    { "gelu", gd_gelu },
    { "silu", gd_silu },
    { "softplus", softplus },
    { "elu", elu },
    { "leaky_relu", leaky_relu },
};

static const struct {
    const char *name;
    gd_loss_function *function;
    bool sums;    /* rather than averages */
    bool classes; /* averages over samples, and not over all elements; takes class labels */
} losses[] = {
    { "mse", gd_mse, false, false },
    { "half_squared_error", gd_half_squared_error, true, false },
    { "l1", gd_l1, false, false },
    { "bce", gd_bce, false, false },
    { "bce_with_logits", gd_bce_with_logits, false, false },
    { "cross_entropy", gd_cross_entropy, false, true },
    { "nll", gd_nll, false, true },
};

enum { ACTIVATIONS = sizeof activations / sizeof *activations, LOSSES = sizeof losses / sizeof *losses };

void print_layer_names(FILE *to)
{
    for (int i = 0; i < ACTIVATIONS; i++)
        fprintf(to, "%s%s", i > 0 ? ", " : "", activations[i].name);
}

void print_loss_names(FILE *to)
{
    for (int i = 0; i < LOSSES; i++)
        fprintf(to, "%s%s", i > 0 ? ", " : "", losses[i].name);
}

static activation *activation_named(const char *name)
{
    for (int i = 0; i < ACTIVATIONS; i++)
        if (strcmp(activations[i].name, name) == 0)
            return activations[i].function;
    return NULL;
}

static int loss_named(const char *name)
{
    for (int i = 0; name && i < LOSSES; i++)
        if (strcmp(losses[i].name, name) == 0)
            return i;
    return -1;
}

/* ---- arrays by name ---- */

/* The array of that name, whatever letters are large: W1 is w1. NULL where there is none. */
static gd_tensor *find(numbers *n, const char *name)
{
    for (int i = 0; i < n->count; i++)
        if (strcasecmp(gd_archive_name(n->archive, i), name) == 0) {
            n->used[i] = true;
            return gd_archive_tensor(n->archive, i);
        }
    return NULL;
}

/* prefix + name + suffix */
static gd_tensor *find_about(numbers *n, const char *prefix, const char *name, const char *suffix)
{
    char whole[NAME_SIZE];
    snprintf(whole, sizeof whole, "%s%s%s", prefix, name, suffix);
    return find(n, whole);
}

/* The gradient of what is called so: dW1, d_W1, grad_W1, W1_grad; of z1 delta1, too. */
static gd_tensor *gradient_of(numbers *n, const char *name)
{
    gd_tensor *t = find_about(n, "d", name, "");
    t = t ? t : find_about(n, "d_", name, "");
    t = t ? t : find_about(n, "grad_", name, "");
    t = t ? t : find_about(n, "", name, "_grad");
    return t || *name != 'z' ? t : find_about(n, "delta", name + 1, "");
}

static bool is_float(const gd_tensor *t)
{
    return gd_dtype_of(t) == GD_FLOAT32 || gd_dtype_of(t) == GD_FLOAT64;
}

/* Python writes whole numbers as integers. The name stays. */
static gd_tensor *as_float(gd_tensor *t)
{
    return !t || is_float(t) ? t : gd_name(gd_cast(t, GD_FLOAT64), gd_name_of(t));
}

/* W2; for the first one, just W will do. */
static gd_tensor *parameter(numbers *n, const char *letter, int number)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s%d", letter, number);
    gd_tensor *t = find(n, name);
    return as_float(t || number > 1 ? t : find(n, letter));
}

/* ---- putting the network together ---- */

static bool add_weights(network *net, numbers *n, int number, bool transposed)
{
    layer *l = &net->layer[net->layers++];
    char name[NAME_SIZE];
    *l = (layer){ .transposed = transposed, .W = parameter(n, "W", number), .b = parameter(n, "b", number) };
    snprintf(l->output, sizeof l->output, "z%d", number);
    snprintf(name, sizeof name, "W%d", number);
    return l->W || complain("the file has no array", name, "save the weights of each layer, W1, W2, ...");
}

static bool add_layer(network *net, numbers *n, const char *name, int *number)
{
    bool affine = strcmp(name, "affine") == 0, linear = strcmp(name, "linear") == 0;
    if (net->layers == MOST_LAYERS)
        return complain("too many layers at", name, "32 are the most");
    if (affine || linear)
        return add_weights(net, n, ++*number, linear);
    activation *function = activation_named(name);
    layer *l = &net->layer[net->layers++];
    *l = (layer){ .function = function };
    snprintf(l->output, sizeof l->output, "a%d", *number);
    return function || complain("there is no layer", name, "gradus check --help lists them");
}

static bool add_layers(network *net, numbers *n, const char *text)
{
    int number = 0;
    for (; *text; text += *text == ',') {
        char name[NAME_SIZE];
        size_t length = strcspn(text, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        if (!add_layer(net, n, name, &number))
            return false;
        text += length;
    }
    return true;
}

/* cross_entropy and bce_with_logits have the last activation within them. */
static bool fits_loss(const network *net, const char *loss)
{
    activation *last = net->layers > 0 ? net->layer[net->layers - 1].function : NULL;
    if (strcmp(loss, "cross_entropy") == 0 && (last == softmax || last == log_softmax))
        return complain("a softmax stands before", loss, "which has one within it: leave it out of --net");
    if (strcmp(loss, "bce_with_logits") == 0 && last == gd_sigmoid)
        return complain("a sigmoid stands before", loss,
                        "which has one within it: leave it out of --net, or use bce");
    return true;
}

/* How many terms a mean divides by. */
static double terms_of(const network *net, bool classes)
{
    return (double)(classes ? gd_size(net->t, 0) : gd_numel(net->t));
}

static bool set_loss(network *net, const numbers_options *options)
{
    int loss = loss_named(options->loss);
    if (loss < 0)
        return complain("there is no loss", options->loss ? options->loss : "", "gradus check --help lists them");
    if (!fits_loss(net, options->loss))
        return false;
    net->loss = losses[loss].function;
    net->l2 = options->l2;
    net->factor = 1;
    if (!options->reduction)
        return true;
    bool sum = strcmp(options->reduction, "sum") == 0;
    if (!sum && strcmp(options->reduction, "mean") != 0)
        return complain("there is no reduction", options->reduction, "mean or sum");
    double terms = terms_of(net, losses[loss].classes);
    if (sum != losses[loss].sums)
        net->factor = sum ? terms : 1 / terms;
    return true;
}

/* Targets are class labels for some losses; the others want floats. */
static bool set_data(network *net, numbers *n, const char *loss)
{
    int number = loss_named(loss);
    bool labels = number >= 0 && losses[number].classes;
    net->x = as_float(find(n, "x"));
    net->t = find(n, "t");
    net->t = net->t ? net->t : find(n, "y");
    if (!net->x || !net->t)
        return complain("the file has no array", net->x ? "t" : "x", "save the input as x and the targets as t or y");
    if (!labels || gd_ndim(net->t) > 1)
        net->t = as_float(net->t);
    return true;
}

/* ---- the loss ---- */

static gd_tensor *with_weights(const layer *l, gd_tensor *x)
{
    gd_tensor *y = gd_matmul(x, l->transposed ? gd_t(l->W) : l->W);
    return l->b ? gd_add(y, l->b) : y;
}

static gd_tensor *through(const layer *l, gd_tensor *x)
{
    gd_tensor *y = l->function ? l->function(x) : with_weights(l, x);
    return l->shift ? gd_add(y, l->shift) : y;
}

static gd_tensor *loss_of(void *user, gd_tensor *const *in, size_t count)
{
    const network *net = user;
    gd_tensor *y = net->x;
    (void)in;
    (void)count;
    for (int i = 0; i < net->layers; i++)
        y = through(&net->layer[i], y);
    gd_tensor *loss = net->loss(y, net->t);
    if (net->factor != 1)
        loss = gd_mul_scalar(loss, net->factor);
    for (int i = 0; net->l2 != 0 && i < net->layers; i++)
        if (net->layer[i].W)
            loss = gd_add(loss, gd_mul_scalar(gd_sum(gd_square(net->layer[i].W)), net->l2 / 2));
    return loss;
}

/* Zeros behind each layer whose output's gradient somebody saved, as dz1, delta1 or da1. */
static void add_shifts(network *net, numbers *n)
{
    gd_tensor *y = net->x;
    for (int i = 0; i < net->layers; i++) {
        layer *l = &net->layer[i];
        y = through(l, y);
        find(n, l->output);
        if (gradient_of(n, l->output))
            l->shift = gd_name(gd_zeros_like(y), l->output);
    }
}

/* ---- what is checked ---- */

static void claim(claims *c, numbers *n, gd_tensor *t)
{
    gd_tensor *claimed = t ? gradient_of(n, gd_name_of(t)) : NULL;
    if (!claimed)
        return;
    gd_tensor *earlier = as_float(find_about(n, "", gd_name_of(t), "_before"));
    c->earlier_known |= earlier != NULL;
    c->of[c->count] = t;
    c->claimed[c->count] = as_float(claimed);
    c->earlier[c->count++] = earlier ? earlier : t;
}

static claims claims_of(const network *net, numbers *n)
{
    claims c = { 0 };
    claim(&c, n, net->x);
    for (int i = 0; i < net->layers; i++) {
        claim(&c, n, net->layer[i].W);
        claim(&c, n, net->layer[i].b);
        claim(&c, n, net->layer[i].shift);
    }
    return c;
}

static bool is_checked(const claims *c, const gd_tensor *t)
{
    for (int i = 0; i < c->count; i++)
        if (c->of[i] == t)
            return true;
    return false;
}

static void tell_unchecked(const claims *c, const gd_tensor *t)
{
    if (t && !is_checked(c, t))
        fprintf(stderr, "gradus check: %s is not checked: the file has no d%s\n", gd_name_of(t), gd_name_of(t));
}

/* A misspelt name must not pass for a gradient that is right. */
static void tell_what_is_left(const network *net, const numbers *n, const claims *c)
{
    for (int i = 0; i < net->layers; i++) {
        tell_unchecked(c, net->layer[i].W);
        tell_unchecked(c, net->layer[i].b);
    }
    for (int i = 0; i < n->count; i++)
        if (!n->used[i])
            fprintf(stderr, "gradus check: the array '%s' belongs to nothing in --net\n",
                    gd_archive_name(n->archive, i));
}

static gd_check *check_claims(gd_context *g, network *net, const claims *c)
{
    return gd_gradcheck(g, loss_of, gd_no_tensors, .user = net, .parameters = (gd_tensors){ c->count, c->of },
                        .claimed = (gd_tensors){ c->count, c->claimed },
                        .earlier = (gd_tensors){ c->earlier_known ? c->count : 0, c->earlier },
                        .progress = progress_stream());
}

int check_numbers(gd_context *g, const char *path, const numbers_options *options)
{
    numbers n = { .archive = gd_archive_read(g, path) };
    network net = { .layers = 0 };
    n.count = gd_archive_count(n.archive);
    if (gd_failed(g))
        return report_failure(g);
    if (n.count > MOST_ARRAYS)
        return complain("too many arrays in", path, "256 are the most"), EXIT_FAILED;
    if (!set_data(&net, &n, options->loss) || !add_layers(&net, &n, options->net ? options->net : "") ||
        !set_loss(&net, options))
        return gd_failed(g) ? report_failure(g) : EXIT_USAGE;
    add_shifts(&net, &n);
    claims c = claims_of(&net, &n);
    tell_what_is_left(&net, &n, &c);
    if (c.count == 0) {
        fprintf(stderr, "gradus check: the file has no gradients: save them as dW1, db1, ...\n");
        return EXIT_FAILED;
    }
    return report_check(g, check_claims(g, &net, &c));
}
