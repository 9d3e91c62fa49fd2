/* Notebook 004: going backward node by node, then layer by layer, up to a network that reads handwritten digits.
 * usage: 004_layers [FOLDER]; the folder holds MNIST's four files, data/mnist when none is given. The learning curve is
 * written beside the program, as 004_layers.svg.
 *
 * A node of a computation does two things. Forward it computes, and remembers what it will need; backward it takes the
 * derivative of the end result by what came out of it, and returns the derivatives by what went in. That is all there is
 * to it: whatever is put together from such nodes goes backward by itself, last node first. */
#include <gradus/gradus.h>
#include <stdio.h>

static void cell(int number)
{
    printf("\nIn [%d]:\n", number);
}

static void show(const char *label, const gd_tensor *t)
{
    fputs(label, stdout);
    gd_print_as(t, GD_STYLE_NUMPY, stdout);
}

static void show_repr(const gd_tensor *t)
{
    gd_print_as(t, GD_STYLE_NUMPY_REPR, stdout);
}

/* The same as a member of a tuple, where each line stands a place further in. */
static void show_member(const char *before, const gd_tensor *t)
{
    char text[400];
    gd_format_as(t, GD_STYLE_NUMPY_REPR, text, sizeof text);
    fputs(before, stdout);
    for (const char *at = text; *at; at++)
        printf(*at == '\n' ? "\n " : "%c", *at);
    puts(",");
}

/* As Python prints a tuple: (784, 50), (50,) */
static void show_shape(const gd_tensor *t)
{
    gd_dims shape = gd_sizes(t);
    putchar('(');
    for (int i = 0; i < shape.count; i++)
        printf(i ? ", %lld" : "%lld", (long long)shape.size[i]);
    printf(shape.count == 1 ? ",)\n" : ")\n");
}

/* An error is an answer too: what it says, and then on without it. */
static void show_refusal(gd_context *g)
{
    puts(gd_message(g));
    gd_clear(g);
}

/* ---- nodes of two numbers ----
 *
 * A number is a tensor without dimensions here. Counts and prices are integers and the tax is not, so that what is a whole
 * number in Python is one here. */

typedef struct derivatives {
    gd_tensor *dx, *dy;
} derivatives;

typedef struct mul_node {
    gd_tensor *x, *y;
} mul_node;

static gd_tensor *add_forward(gd_tensor *x, gd_tensor *y)
{
    return gd_add(x, y);
}

/* x + y grows as fast as x does, and as fast as y: both are handed what came. Nothing need be remembered. */
static derivatives add_backward(gd_tensor *dout)
{
    return (derivatives){ dout, dout };
}

static gd_tensor *mul_forward(mul_node *node, gd_tensor *x, gd_tensor *y)
{
    *node = (mul_node){ x, y };
    return gd_mul(x, y);
}

/* x * y grows y times as fast as x, and x times as fast as y: the two change places. */
static derivatives mul_backward(const mul_node *node, gd_tensor *dout)
{
    return (derivatives){ gd_mul(dout, node->y), gd_mul(dout, node->x) };
}

static gd_tensor *whole(gd_context *g, double value)
{
    return gd_scalar(g, GD_INT64, value);
}

static void apples(gd_context *g)
{
    gd_tensor *apple = whole(g, 100), *apple_num = whole(g, 2), *tax = gd_scalar(g, GD_FLOAT64, 1.1);
    mul_node mul_apple, mul_tax;
    gd_tensor *apple_price = mul_forward(&mul_apple, apple, apple_num);
    gd_tensor *price = mul_forward(&mul_tax, apple_price, tax);

    derivatives of_tax = mul_backward(&mul_tax, whole(g, 1)); /* by the price before tax, and by the tax */
    derivatives of_apple = mul_backward(&mul_apple, of_tax.dx);

    puts("In [4]:");
    show("price: ", gd_cast(price, GD_INT64));
    show("dApple: ", of_apple.dx);
    show("dApple_num: ", gd_cast(of_apple.dy, GD_INT64));
    show("dTax: ", of_tax.dy);
}

static void apples_and_oranges(gd_context *g)
{
    gd_tensor *apple = whole(g, 100), *apple_num = whole(g, 2), *orange = whole(g, 150), *orange_num = whole(g, 3);
    gd_tensor *tax = gd_scalar(g, GD_FLOAT64, 1.1);
    mul_node mul_apple, mul_orange, mul_tax;
    gd_tensor *apple_price = mul_forward(&mul_apple, apple, apple_num);
    gd_tensor *orange_price = mul_forward(&mul_orange, orange, orange_num);
    gd_tensor *all_price = add_forward(apple_price, orange_price);
    gd_tensor *price = mul_forward(&mul_tax, all_price, tax);

    derivatives of_tax = mul_backward(&mul_tax, whole(g, 1));
    derivatives of_sum = add_backward(of_tax.dx);
    derivatives of_orange = mul_backward(&mul_orange, of_sum.dy);
    derivatives of_apple = mul_backward(&mul_apple, of_sum.dx);

    cell(5);
    show("price: ", gd_cast(price, GD_INT64));
    show("dApple: ", of_apple.dx);
    show("dApple_num: ", gd_cast(of_apple.dy, GD_INT64));
    show("dOrange: ", of_orange.dx);
    show("dOrange_num: ", gd_cast(of_orange.dy, GD_INT64));
    show("dTax: ", of_tax.dy);

    cell(6); /* the price with tax over that without */
    show("", gd_div(gd_cast(price, GD_INT64), all_price));
}

/* ---- layers of activation ---- */

/* A ReLU lets a derivative through where its input was above zero. Before a forward it has no input to remember. The
 * library's layer refuses; the notebook's takes its missing mask, None, for an index, which in NumPy is all there is,
 * and fills the derivatives that it was handed with zeros. */
static void relu_layer(gd_context *g)
{
    gd_layer *relu = gd_relu_layer(g);
    gd_tensor *dout = gd_values(g, gd_shape(2, 2), 1, 2, 3, 4);
    cell(9);
    gd_layer_backward(relu, dout);
    show_refusal(g);
    show("\nBackward output:\n", gd_fill(dout, 0));

    gd_tensor *x = gd_values(g, gd_shape(2, 2), 1, -0.5, -2, 3);
    cell(10);
    show("Forward output:\n", gd_forward(relu, x));
    show("\nBackward output:\n", gd_layer_backward(relu, gd_values(g, gd_shape(2, 2), 1, 2, 3, 4)));
}

static gd_tensor *one_more_times_25(gd_tensor *x)
{
    return gd_mul_scalar(gd_add_scalar(x, 1), 25);
}

/* y (1 - y) times the derivative that came: the layer remembers what it made, y, and not what it was given. */
static void sigmoid_layer(gd_context *g)
{
    gd_layer *sigmoid = gd_sigmoid_layer(g);
    gd_tensor *dout = gd_values(g, gd_shape(2, 2), 0.1, 0.2, 0.3, 0.4);
    gd_tensor *x = gd_values(g, gd_shape(2, 2), 0.5, -1, 2, -0.5);
    cell(13);
    gd_layer_backward(sigmoid, dout);
    show_refusal(g);
    cell(14);
    show_repr(gd_mul_scalar(x, 5));
    cell(16);
    show_repr(gd_forward(gd_lambda(g, "one_more_times_25", one_more_times_25), x));
    cell(17);
    show("Forward output:\n", gd_forward(sigmoid, x));
    cell(18);
    show("\nBackward output:\n", gd_layer_backward(sigmoid, dout));
}

/* ---- y = x W + b ----
 *
 * dx = dy W^T, dW = x^T dy, and db is the sum of dy over the samples, each of which b was added to. Why the transposes: x_i
 * takes part in all of y, in y_j by way of W_ij, so its derivative is the sum of dy_j W_ij over j; and that is row i of
 * W by dy. */

/* Whatever its shape, a sample is a row to the layer. NumPy multiplies whole numbers with others; the layer wants its own
 * dtype. */
static gd_tensor *affine_forward(gd_layer *affine, gd_tensor *x)
{
    gd_tensor *rows = gd_reshape(x, gd_shape(gd_size(x, 0), -1));
    show_shape(x);
    show_shape(rows);
    return gd_forward(affine, gd_cast(rows, GD_FLOAT64));
}

/* The seed is set once; from here on each draw of the notebook is the next of one stream. */
static void affine_layer(gd_context *g)
{
    gd_seed(g, GD_RNG_NUMPY, 42);
    gd_tensor *W = gd_randn(g, 0, gd_shape(4, 3)), *b = gd_randn(g, 0, gd_shape(3)),
              *x = gd_randn(g, 0, gd_shape(2, 4));
    gd_layer *affine = gd_affine(W, b);
    cell(21);
    show("", x);
    puts("");
    gd_tensor *out = affine_forward(affine, x);
    show("Forward output:\n", out);
    show("\nbackward output:\n", gd_layer_backward(affine, out));
    cell(25);
    show_member("(", out);
    show_member(" ", gd_sum(out, gd_axes(0)));
    show_member(" ", gd_layer_grad(affine, "b"));
    printf(" %s)\n", gd_repr(-1.57630011 + 1.45276715));

    cell(26);
    x = gd_reshape(gd_arange(g, GD_INT64, 12), gd_shape(-1, 4));
    show_repr(affine_forward(affine, x));
    cell(27);
    show("", x);
    show("\n", W);
    show("\n", gd_t(x));
    show("\n", gd_t(W));

    cell(28);
    gd_tensor *dx = gd_layer_backward(affine, gd_randn(g, 0, gd_shape(3, 3)));
    show("\nHow far the input moves the error (dx):\n", dx);
    show("\nHow far the weights do (dW):\n", gd_layer_grad(affine, "W"));
    show("\nHow far the biases do (db):\n", gd_layer_grad(affine, "b"));
}

/* ---- softmax with loss ---- */

typedef struct softmax_with_loss {
    gd_tensor *y, *t;
} softmax_with_loss;

/* The mean over the samples of -ln(y_c), c being the right class. t holds a 1 there and zeros elsewhere. 1e-7 keeps the
 * logarithm finite where y_c is 0. Of y (..., N, C) and t (N, C). */
static gd_tensor *cross_entropy_error(gd_tensor *y, gd_tensor *t)
{
    gd_tensor *right = gd_sum(gd_mul(y, t), gd_axes(-1));
    gd_tensor *logs = gd_sum(gd_log(gd_add_scalar(right, 1e-7)), gd_axes(-1));
    return gd_neg(gd_div_scalar(logs, (double)gd_size(t, 0)));
}

/* t: a row of zeros and a one for each sample, or the number of its class, which is made into one. */
static gd_tensor *softmax_forward(softmax_with_loss *layer, gd_tensor *x, gd_tensor *t)
{
    layer->y = gd_softmax(x, -1);
    layer->t = gd_ndim(t) == 1 ? gd_one_hot(t, gd_size(x, -1)) : t;
    return cross_entropy_error(layer->y, layer->t);
}

/* The exponentials and the logarithm cancel: what remains is by how much each output is off. (The 1e-7 is left out of
 * account.) */
static gd_tensor *softmax_backward(const softmax_with_loss *layer)
{
    return gd_div_scalar(gd_sub(layer->y, layer->t), (double)gd_size(layer->t, 0));
}

static void softmax_layer(gd_context *g)
{
    gd_tensor *x = gd_values(g, gd_shape(2, 3), 2, 0.5, -1, 1, 3, -0.5);
    gd_tensor *t = gd_values_as(g, GD_INT64, gd_shape(2, 3), 1, 0, 0, 0, 1, 0);
    softmax_with_loss layer;
    gd_tensor *loss = softmax_forward(&layer, x, t);
    cell(31);
    show("", layer.y);
    show("Loss: ", loss);
    show("Gradient:\n ", softmax_backward(&layer));
}

/* ---- a dictionary that keeps its order ----
 *
 * The notebook's network keeps its layers in one. In C that is an array of names and what they stand for. */

typedef struct entry {
    const char *name;
    int value;
} entry;

static void show_entries(const entry *entries, int count)
{
    for (int i = 0; i < count; i++)
        printf("%s: %d\n", entries[i].name, entries[i].value);
}

static void ordered_dictionary(void)
{
    entry grades[] = { { "Alice", 85 }, { "Bob", 90 }, { "Charlie", 78 } };
    cell(32);
    puts("학생 성적:"); /* marks of students */
    show_entries(grades, 3);
    grades[0].value = 88;
    puts("\n업데이트된 성적:"); /* brought up to date */
    show_entries(grades, 3);
}

/* ---- the network: affine, ReLU, affine, and softmax with loss ---- */

enum { LAYERS = 3, PARAMETERS = 4 };
static const char *const layer_name[LAYERS] = { "Affine1", "Relu1", "Affine2" };
static const char *const parameter_name[PARAMETERS] = { "W1", "b1", "W2", "b2" };

typedef struct two_layer_net {
    gd_layer *layer[LAYERS], *all; /* each, and all in a row */
    softmax_with_loss last;
} two_layer_net;

static gd_tensor *small_weights(gd_context *g, int64_t rows, int64_t columns)
{
    return gd_mul_scalar(gd_randn(g, 0, gd_shape(rows, columns)), 0.01);
}

static two_layer_net network(gd_context *g, int64_t in, int64_t hidden, int64_t out)
{
    two_layer_net net;
    gd_tensor *W1 = small_weights(g, in, hidden), *W2 = small_weights(g, hidden, out);
    net.layer[0] = gd_affine(W1, gd_zeros(g, 0, gd_shape(hidden)));
    net.layer[1] = gd_relu_layer(g);
    net.layer[2] = gd_affine(W2, gd_zeros(g, 0, gd_shape(out)));
    net.all = gd_sequential_of(g, LAYERS, net.layer);
    return net;
}

static gd_tensor *loss_of(two_layer_net *net, gd_batch batch)
{
    return softmax_forward(&net->last, gd_forward(net->all, batch.x), batch.t);
}

/* How much is said on the way back: nothing, the shape of the derivatives (미분) that come to each layer, or of those that
 * come, its output's (출력 오차), and of those that leave, its input's (입력 오차). */
typedef enum talk { SILENT, WHAT_COMES, WHAT_COMES_AND_LEAVES } talk;

static void say_shape(int layer, const char *what, const gd_tensor *t)
{
    printf("Layer %d (%s) - %s의 shape: ", layer, layer_name[layer], what);
    show_shape(t);
}

/* Forward through all layers, and back through each. The affine layers keep the derivatives of their parameters. */
static void gradient(two_layer_net *net, gd_batch batch, talk say)
{
    loss_of(net, batch);
    gd_tensor *d = softmax_backward(&net->last);
    if (say != SILENT)
        puts("Backward Pass:");
    for (int i = LAYERS - 1; i >= 0; i--) {
        if (say != SILENT)
            say_shape(i, say == WHAT_COMES ? "미분" : "출력 오차", d);
        d = gd_layer_backward(net->layer[i], d);
        if (say == WHAT_COMES_AND_LEAVES)
            say_shape(i, "입력 오차", d);
    }
}

/* ---- derivatives from differences ---- */

/* The losses of n networks. In the k-th, number k of a row of n weights (of a row of W, or of b) is off by h.
 *
 * Each number of the row serves one column of its layer's output and no other. So one product with the whole row off by h
 * has in its column k what the k-th network has there, and the other columns of that network are those of
 * `plain`, the output as it is. From there on the n networks go forward side by side. */
static gd_tensor *losses_off_by(two_layer_net *net, int layer, gd_tensor *x, gd_tensor *t, gd_tensor *row, double h)
{
    gd_context *g = gd_context_of(x);
    int64_t n = gd_numel(row), samples = gd_size(t, 0), classes = gd_size(t, 1);
    gd_tensor *kept = gd_clone(row), *plain = gd_forward(net->layer[layer], x);
    gd_assign(row, gd_add_scalar(row, h));
    gd_tensor *off = gd_forward(net->layer[layer], x);
    gd_assign(row, kept);
    gd_tensor *own = gd_reshape(gd_eye(g, GD_BOOL, n, n), gd_shape(n, 1, n));
    gd_tensor *y = gd_reshape(gd_where(own, off, plain), gd_shape(-1, n)); /* the samples of network after network */
    for (int i = layer + 1; i < LAYERS; i++)
        y = gd_forward(net->layer[i], y);
    return cross_entropy_error(gd_softmax(gd_reshape(y, gd_shape(n, samples, classes)), -1), t);
}

/* (f(w + h) - f(w - h)) / 2h for each number w of a parameter, all others as they are. x is what its layer is given. */
static gd_tensor *numerical_gradient(two_layer_net *net, int layer, gd_tensor *x, gd_tensor *t, gd_tensor *parameter)
{
    const double h = 1e-4;
    gd_context *g = gd_context_of(x);
    gd_tensor *gradient = gd_zeros_like(parameter);
    gd_dims rows = gd_shape(-1, gd_size(parameter, -1));
    GD_NO_GRAD(g);
    for (int64_t i = 0; i < gd_numel(parameter) / gd_size(parameter, -1); i++) {
        GD_SCOPE(g);
        gd_tensor *row = gd_select(gd_reshape(parameter, rows), 0, i);
        gd_tensor *above = losses_off_by(net, layer, x, t, row, h);
        gd_tensor *below = losses_off_by(net, layer, x, t, row, -h);
        gd_assign(gd_select(gd_reshape(gradient, rows), 0, i), gd_div_scalar(gd_sub(above, below), 2 * h));
    }
    return gradient;
}

/* The pixels are float32 numbers, 0 to 1, as in the notebook, and become float64 where they meet the weights. */
static gd_batch samples(gd_dataset *data, gd_tensor *index)
{
    gd_context *g = gd_context_of(index);
    gd_set_default_dtype(g, GD_FLOAT32);
    gd_batch batch = gd_dataset_gather(data, index);
    gd_set_default_dtype(g, GD_FLOAT64);
    return (gd_batch){ gd_cast(batch.x, GD_FLOAT64), batch.t };
}

/* Two ways to 39,760 derivatives: by going backward, and from two forwards for each. What they differ by is no rounding: it
 * is the 1e-7 within the logarithm, which going backward leaves out of account. Without it there are 3e-13, 1e-12, 9e-13
 * and 1e-10 between them. */
static void gradient_check(gd_context *g, gd_dataset *train)
{
    two_layer_net net = network(g, 784, 50, 10);
    gd_batch batch = samples(train, gd_arange(g, 0, 3));
    gd_tensor *t = gd_one_hot(batch.t, 10), *hidden = gd_forward(net.layer[1], gd_forward(net.layer[0], batch.x));
    gd_tensor *numerical[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        numerical[i] = numerical_gradient(&net, i < 2 ? 0 : 2, i < 2 ? batch.x : hidden, t, gd_parameter(net.all, i));
    cell(35);
    gradient(&net, batch, WHAT_COMES);
    for (int i = 0; i < PARAMETERS; i++) {
        gd_tensor *difference = gd_abs(gd_sub(gd_grad(gd_parameter(net.all, i)), numerical[i]));
        printf("%s:%s\n", parameter_name[i], gd_repr(gd_item(gd_mean(difference))));
    }
    cell(45);
    for (int i = 0; i < PARAMETERS; i++) {
        printf("%s-->", parameter_name[i]);
        show_shape(gd_grad(gd_parameter(net.all, i)));
    }
}

/* ---- training ----
 *
 * The notebook sets no seed for it; here it is 42 once more. */

enum { STEPS = 10000, BATCH = 100 };

static gd_history *training(gd_context *g, gd_dataset *train, gd_dataset *test)
{
    gd_seed(g, GD_RNG_NUMPY, 42);
    two_layer_net net = network(g, 784, 50, 10);
    gd_optimizer *sgd = gd_sgd(net.all, .lr = 0.1);
    gd_history *history = gd_history_new(g);
    int64_t count = gd_dataset_count(train), steps_an_epoch = count > BATCH ? count / BATCH : 1;
    cell(46);
    for (int i = 0; i < STEPS && !gd_failed(g); i++) {
        GD_SCOPE(g);
        gd_batch batch = samples(train, gd_choice(g, count, BATCH)); /* the same image may come twice */
        gradient(&net, batch, i == 0 ? WHAT_COMES_AND_LEAVES : SILENT);
        gd_step(sgd);
        gd_history_add_loss(history, gd_item(loss_of(&net, batch))); /* once more, after the step */
        if (i % steps_an_epoch == 0) {
            double train_accuracy = gd_accuracy(net.all, train), test_accuracy = gd_accuracy(net.all, test);
            gd_history_add_evaluation(history, train_accuracy, test_accuracy);
            printf("%s %s\n", gd_repr(train_accuracy), gd_repr(test_accuracy));
            fflush(stdout);
        }
    }
    return history;
}

int main(int count, char **arguments)
{
    const char *folder = count > 1 ? arguments[1] : "data/mnist";
    char picture[4096];
    gd_context *g = gd_open();
    gd_set_default_dtype(g, GD_FLOAT64); /* NumPy's */
    apples(g);
    apples_and_oranges(g);
    relu_layer(g);
    sigmoid_layer(g);
    affine_layer(g);
    softmax_layer(g);
    ordered_dictionary();
    gd_dataset *train = gd_mnist(g, folder, true), *test = gd_mnist(g, folder, false);
    gradient_check(g, train);
    gd_history *history = training(g, train, test);
    snprintf(picture, sizeof picture, "%s.svg", arguments[0]);
    if (gd_history_plot(history, picture))
        fprintf(stderr, "The learning curve: %s\n", picture);

    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
