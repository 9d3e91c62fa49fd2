/* Points on three rings, which a network learns to tell apart; then all but its last layer is frozen, and a new last
 * layer learns another question of the same points. With batch normalisation, dropout, a layer of one's own, and a table
 * of what there is. */
#include <gradus/gradus.h>
#include <stdio.h>

enum { POINTS = 600 };

/* x (N, 2) on rings of radius 1, 2 and 3, and the number of each point's ring. */
static gd_dataset *rings(gd_context *g)
{
    gd_tensor *ring = gd_choice(g, 3, POINTS), *angle = gd_mul_scalar(gd_rand(g, 0, gd_shape(POINTS, 1)), 6.2832);
    gd_tensor *noise = gd_mul_scalar(gd_randn(g, 0, gd_shape(POINTS, 1)), 0.1);
    gd_tensor *radius = gd_add(gd_add_scalar(gd_reshape(ring, gd_shape(POINTS, 1)), 1), noise);
    gd_tensor *x = gd_mul(gd_cat(gd_list(gd_cos(angle), gd_sin(angle)), 1), radius);
    return gd_dataset_new(x, ring);
}

/* A layer of one's own: what it makes of x is added to x. */
static gd_tensor *residual_forward(void *user, gd_layer *self, gd_tensor *x)
{
    (void)user;
    return gd_add(x, gd_forward(gd_layer_named(self, "body"), x));
}

static gd_layer *residual(gd_context *g, gd_layer *body)
{
    gd_layer *layer = gd_custom(g, "residual", residual_forward);
    gd_register_layer(layer, "body", body);
    return layer;
}

static gd_layer *features(gd_context *g)
{
    gd_layer *body = gd_sequential(g, gd_linear(g, 32, 32), gd_relu_layer(g), gd_dropout(g, 0.1));
    return gd_sequential(g, gd_linear(g, 2, 32, .bias = false), gd_batch_norm(g, 32), gd_relu_layer(g),
                         residual(g, body));
}

static void learn(gd_layer *net, gd_dataset *data, int64_t steps)
{
    gd_fit(net, .optimizer = gd_sgd(net, .lr = 0.1, .momentum = 0.9), .steps = steps,
           .batches = gd_batches(data, .size = 50, .shuffle = true));
    printf("%.1f %% of the points are right\n\n", 100 * gd_accuracy(net, data));
}

static void glorot(void *user, const char *name, gd_tensor *parameter)
{
    (void)user;
    (void)name;
    if (gd_ndim(parameter) == 2)
        gd_init_xavier_uniform(parameter, gd_gain("relu", 0));
}

int main(void)
{
    gd_context *g = gd_open();
    gd_dataset *data = rings(g);
    gd_layer *body = features(g), *net = gd_sequential(g, body, gd_linear(g, 32, 3));
    gd_init_with(net, glorot, NULL);
    printf("Which of three rings?\n");
    learn(net, data, 400);

    gd_dataset *middle = gd_dataset_new(gd_dataset_x(data), gd_cast(gd_eq_scalar(gd_dataset_t(data), 1), GD_INT64));
    gd_set_training(gd_freeze(body, true), false); /* its running statistics stay as well */
    gd_layer *second = gd_sequential(g, body, gd_linear(g, 32, 2));
    printf("Is it the middle one? Only the last layer learns.\n");
    learn(second, middle, 200);
    gd_summary(second, stdout);

    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
