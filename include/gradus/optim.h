/* optim.h - optimizers: what a step does to the parameters, given their gradients. */
#ifndef GRADUS_OPTIM_H
#define GRADUS_OPTIM_H

#include <gradus/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gd_optimizer gd_optimizer;

/* Options are written as initialisers behind the network: gd_sgd(net, .lr = 0.5). One left out has PyTorch's
 * default; a zero that is written is a zero. The macro's text tells them apart; with `given` NULL, as from another
 * language, every field counts as written. */
typedef struct gd_sgd_options {
    gd_layer *net;
    const char *given;   /* which were written: the macro's text */
    double lr;           /* 0.001 */
    double momentum;     /* 0 */
    double dampening;    /* 0 */
    double weight_decay; /* 0 */
    bool nesterov;       /* needs momentum > 0 and dampening 0 */
    bool maximize;       /* climb instead of descending */
} gd_sgd_options;

/* Stochastic gradient descent on the parameters of a network, as torch.optim.SGD:
 *     d = grad + weight_decay * p                  (grad with its sign turned to maximize)
 *     m = d at first, later momentum * m + (1 - dampening) * d
 *     p = p - lr * m,  or with nesterov  p - lr * (d + momentum * m)
 * A parameter without a gradient is left as it is. Options out of range are GD_ERROR_VALUE. Lives in the current scope;
 * the network must live as long. */
#define gd_sgd(...) gd_sgd_with((gd_sgd_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_optimizer *gd_sgd_with(gd_sgd_options options);

/* One step. Does nothing while an error stands; false on any error. */
GD_API bool gd_step(gd_optimizer *optimizer);

/* The learning rate, to read (NaN on an error) and to change between steps (not negative). */
GD_API double gd_learning_rate(const gd_optimizer *optimizer);
GD_API bool gd_set_learning_rate(gd_optimizer *optimizer, double lr);

#ifdef __cplusplus
}
#endif
#endif
