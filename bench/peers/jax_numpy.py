"""jax_numpy.py - JAX's side of the benchmarks: whole steps are jitted, parameters stay where they are."""
import jax
import jax.numpy as jnp

from serve import read_mnist, rounds, serve


def sgd(loss_of, rate):
    """A jitted step: (parameters, x, t) to (parameters, loss)."""
    def step(parameters, x, t):
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, t)
        return jax.tree.map(lambda p, d: p - rate * d, parameters, gradients), loss
    return jax.jit(step, donate_argnums=0)


def dense(key, sizes, scale):
    keys = jax.random.split(key, len(sizes) - 1)
    return [(scale(a) * jax.random.normal(k, (a, b)), jnp.zeros(b)) for k, a, b in zip(keys, sizes, sizes[1:])]


def relu_net(parameters, x):
    for w, b in parameters[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = parameters[-1]
    return x @ w + b


def cross_entropy(logits, t):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), t[:, None], 1))


def trained(step, parameters, batch):
    """The work of one step after the other, the loss read each time."""
    state = [parameters]

    def once():
        state[0], loss = step(state[0], *batch())
        return float(loss)
    return rounds(once)


def xor(folder):
    x = jnp.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    t = jnp.array([[0.], [1.], [1.], [0.]])

    def loss_of(parameters, x, t):
        (w1, b1), (w2, b2) = parameters
        y = jax.nn.sigmoid(jax.nn.sigmoid(x @ w1 + b1) @ w2 + b2)
        return -jnp.mean(t * jnp.log(y) + (1 - t) * jnp.log(1 - y))
    parameters = dense(jax.random.key(70), (2, 2, 1), lambda n: 1)
    return trained(sgd(loss_of, 0.5), parameters, lambda: (x, t))


def scalars(folder):
    def chain(x, w):
        for _ in range(10):
            x = x * w
        return x
    gradient = jax.jit(jax.value_and_grad(chain, argnums=(0, 1)))
    x, w = jnp.float32(1.5), jnp.float32(0.9)

    def once():
        jax.block_until_ready(gradient(x, w))
    return rounds(once)


class Mnist:
    def __init__(self, folder):
        (x, t), (test_x, test_t) = read_mnist(folder)
        self.x, self.t = jnp.array(x), jnp.array(t, jnp.int32)
        self.test_x, self.test_t = jnp.array(test_x), jnp.array(test_t, jnp.int32)
        self.step_of = jax.jit(self.gather_and_step, donate_argnums=(0, 1))
        self.right_of = jax.jit(lambda parameters, x, t: (relu_net(parameters, x / jnp.float32(255)).argmax(1) == t).sum())
        self.renew()

    def renew(self):
        self.key = jax.random.key(42)
        self.parameters = dense(self.key, (784, 50, 10), lambda n: 0.01)

    def gather_and_step(self, parameters, key, images, labels):
        key, draw = jax.random.split(key)
        index = jax.random.randint(draw, (100,), 0, len(images))
        x, t = images[index].astype(jnp.float32) / 255, labels[index]
        loss, gradients = jax.value_and_grad(lambda p: cross_entropy(relu_net(p, x), t))(parameters)
        return jax.tree.map(lambda p, d: p - 0.1 * d, parameters, gradients), key, loss

    def step(self):
        self.parameters, self.key, loss = self.step_of(self.parameters, self.key, self.x, self.t)
        return float(loss)

    def accuracy(self, x, t):
        parts = range(0, len(x), 1000)
        return sum(int(self.right_of(self.parameters, x[a:a + 1000], t[a:a + 1000])) for a in parts) / len(x)

    def job(self):
        """A part of it, of which it has 17: 588 steps, and an evaluation of all images."""
        for _ in range(588):
            self.step()
        self.accuracy(self.x, self.t)
        return self.accuracy(self.test_x, self.test_t)


def wide(folder):
    key = jax.random.key(0)
    x, t = jax.random.uniform(key, (128, 784)), jax.random.randint(key, (128,), 0, 10)
    step = sgd(lambda parameters, x, t: cross_entropy(relu_net(parameters, x), t), 0.01)
    parameters = dense(key, (784, 1024, 1024, 10), lambda n: n ** -0.5)
    return trained(step, parameters, lambda: (x, t))


def million(operation):
    def begin(folder):
        x, y = [jax.random.normal(jax.random.key(k), (1000, 1000)) for k in (0, 1)]
        jitted = jax.jit(operation)

        def once():
            jax.block_until_ready(jitted(x, y))
        return rounds(once)
    return begin


serve({
    "xor": xor,
    "scalars": scalars,
    "mnist_step": lambda folder: rounds(Mnist(folder).step),
    "mnist_job": lambda folder: rounds(Mnist(folder).job),
    "wide_step": wide,
    "exp": million(lambda x, y: jnp.exp(x)),
    "sigmoid": million(lambda x, y: jax.nn.sigmoid(x)),
    "tanh": million(lambda x, y: jnp.tanh(x)),
    "softmax": million(lambda x, y: jax.nn.softmax(x, 1)),
    "sum": million(lambda x, y: x.sum()),
    "add": million(lambda x, y: x + y),
})
