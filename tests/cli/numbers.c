/* numbers.c - writes the files of numbers that test_cli.sh has checked, as a person with NumPy would have saved them:
 *     numbers FOLDER
 * notebook_001.npz, and a network of three layers whose gradients are right (right.npz) but for one that is transposed
 * (transposed.npz). The gradients are worked out here by their formulas, and not by the derivative rules. */
#include <gradus/gradus.h>
#include <math.h>
#include <stdio.h>

static gd_archive *archive;

static gd_tensor *save(gd_tensor *t, const char *name)
{
    gd_archive_add(archive, name, t);
    return t;
}

static bool write_to(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return gd_archive_write(archive, path);
}

static gd_tensor *slope(gd_tensor *a)
{
    return gd_mul(a, gd_rsub_scalar(a, 1));
}

/* The notebook's own lines: float32, its letters, its d_loss without the minus, sums for the weights and means for the
 * biases. The network is not trained yet. */
static bool notebook_001(gd_context *g, const char *folder)
{
    archive = gd_archive_new(g);
    gd_tensor *X = save(gd_values(g, gd_shape(4, 2), 0, 0, 0, 1, 1, 0, 1, 1), "X");
    gd_tensor *y = save(gd_values(g, gd_shape(4, 1), 0, 1, 1, 0), "y");
    gd_tensor *w1 = save(gd_values(g, gd_shape(2, 2), 1, 1, 1, 1), "w1"),
              *b1 = save(gd_values(g, gd_shape(2), 1, 2), "b1");
    gd_tensor *w2 = save(gd_values(g, gd_shape(2, 1), 2, 1), "w2"), *b2 = save(gd_values(g, gd_shape(1), 1), "b2");
    gd_tensor *a1 = gd_sigmoid(gd_add(gd_matmul(X, w1), b1)), *p = gd_sigmoid(gd_add(gd_matmul(a1, w2), b2));
    gd_tensor *d_loss = gd_sub(gd_div(y, p), gd_div(gd_rsub_scalar(y, 1), gd_rsub_scalar(p, 1)));
    gd_tensor *d_l2 = gd_mul(slope(p), d_loss);
    gd_tensor *d_l1 = gd_mul(slope(a1), gd_matmul(d_l2, gd_t(w2)));
    save(gd_matmul(gd_t(a1), d_l2), "d_w2");
    save(gd_mean(d_l2, gd_axes(0)), "d_b2");
    save(gd_matmul(gd_t(X), d_l1), "d_w1");
    save(gd_mean(d_l1, gd_axes(0)), "d_b1");
    return write_to(folder, "notebook_001.npz");
}

/* A square layer between, so that its gradient can be transposed without a change of shape; class labels; L2. */
static bool three_layers(gd_context *g, const char *folder, bool transposed, double l2)
{
    archive = gd_archive_new(g);
    gd_seed(g, GD_RNG_NUMPY, 7);
    gd_tensor *x = save(gd_randn(g, GD_FLOAT64, gd_shape(5, 3)), "x");
    gd_tensor *t = save(gd_values_as(g, GD_INT64, gd_shape(5), 0, 1, 1, 0, 1), "t");
    gd_tensor *W1 = save(gd_randn(g, GD_FLOAT64, gd_shape(3, 4)), "W1"),
              *b1 = save(gd_randn(g, GD_FLOAT64, gd_shape(4)), "b1");
    gd_tensor *W2 = save(gd_randn(g, GD_FLOAT64, gd_shape(4, 4)), "W2"),
              *W3 = save(gd_randn(g, GD_FLOAT64, gd_shape(4, 2)), "W3");
    gd_tensor *b3 = save(gd_randn(g, GD_FLOAT64, gd_shape(2)), "b3");
    gd_tensor *a1 = gd_tanh(gd_add(gd_matmul(x, W1), b1)), *z2 = gd_matmul(a1, W2), *a2 = gd_relu(z2);
    gd_tensor *p = gd_softmax(gd_add(gd_matmul(a2, W3), b3), 1);
    gd_tensor *d3 = gd_div_scalar(gd_sub(p, gd_one_hot(t, 2)), 5);
    gd_tensor *d2 = gd_mul(gd_matmul(d3, gd_t(W3)), gd_cast(gd_gt_scalar(z2, 0), GD_FLOAT64));
    gd_tensor *d1 = gd_mul(gd_matmul(d2, gd_t(W2)), gd_rsub_scalar(gd_square(a1), 1));
    gd_tensor *dW2 = gd_add(gd_matmul(gd_t(a1), d2), gd_mul_scalar(W2, l2));
    save(d1, "dz1");
    save(a1, "a1");
    save(gd_matmul(d2, gd_t(W2)), "da1");
    save(d2, "delta2");
    save(gd_matmul(d1, gd_t(W1)), "dx");
    save(gd_add(gd_matmul(gd_t(x), d1), gd_mul_scalar(W1, l2)), "dW1");
    save(gd_sum(d1, gd_axes(0)), "db1");
    save(transposed ? gd_t(dW2) : dW2, "dW2");
    save(gd_add(gd_matmul(gd_t(a2), d3), gd_mul_scalar(W3, l2)), "dW3");
    save(gd_sum(d3, gd_axes(0)), "db3");
    return write_to(folder, l2 != 0 ? "decayed.npz" : transposed ? "transposed.npz" : "right.npz");
}

/* A gradient whose name is misspelt. */
static bool misspelt(gd_context *g, const char *folder)
{
    archive = gd_archive_new(g);
    save(gd_ones(g, GD_FLOAT64, gd_shape(2, 3)), "x");
    save(gd_ones(g, GD_FLOAT64, gd_shape(2, 1)), "t");
    save(gd_ones(g, GD_FLOAT64, gd_shape(3, 1)), "W");
    save(gd_ones(g, GD_FLOAT64, gd_shape(3, 1)), "DeltaW");
    return write_to(folder, "misspelt.npz");
}

int main(int count, char **arguments)
{
    gd_context *g = gd_open();
    const char *folder = count > 1 ? arguments[1] : ".";
    bool good = notebook_001(g, folder) && three_layers(g, folder, false, 0) && three_layers(g, folder, true, 0) &&
                three_layers(g, folder, false, 0.1) && misspelt(g, folder);
    if (!good)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return !good;
}
