"""numpy_by_hand.py - the benchmarks in NumPy, the notebooks' way: layers that go forward and back, in float64."""
import numpy as np

from serve import read_mnist, rounds, serve


class Affine:
    def __init__(self, rows, columns):
        self.w, self.b = 0.01 * np.random.randn(rows, columns), np.zeros(columns)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, d):
        self.dw, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.w.T

    def learn(self, rate):
        self.w -= rate * self.dw
        self.b -= rate * self.db


class Relu:
    def forward(self, x):
        self.off = x <= 0
        y = x.copy()
        y[self.off] = 0
        return y

    def backward(self, d):
        d[self.off] = 0
        return d


class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, d):
        return d * self.y * (1 - self.y)


class SoftmaxLoss:
    """t holds a row of zeros and a one for each sample."""
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.y + 1e-7)) / len(t)

    def backward(self):
        return (self.y - self.t) / len(self.t)


class Network:
    def __init__(self, *layers):
        self.layers = layers
        self.affine = [layer for layer in layers if isinstance(layer, Affine)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, d):
        for layer in reversed(self.layers):
            d = layer.backward(d)

    def learn(self, rate):
        for layer in self.affine:
            layer.learn(rate)


def xor(folder):
    x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1.]]), np.array([[0], [1], [1], [0.]])
    net = Network(Affine(2, 2), Sigmoid(), Affine(2, 1), Sigmoid())

    def once():
        y = net.forward(x)
        loss = -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))
        net.backward((y - t) / (y * (1 - y)) / len(t))
        net.learn(0.5)
        return loss
    return rounds(once)


class Mnist:
    """Pixels are made float32 once, labels rows of zeros and a one, as in the notebook."""
    def __init__(self, folder):
        parts = [(x.astype(np.float32) / 255, np.eye(10)[t]) for x, t in read_mnist(folder)]
        (self.x, self.t), (self.test_x, self.test_t) = parts
        self.loss = SoftmaxLoss()
        self.renew()

    def renew(self):
        np.random.seed(42)
        self.net = Network(Affine(784, 50), Relu(), Affine(50, 10))

    def step(self):
        index = np.random.choice(len(self.x), 100)
        loss = self.loss.forward(self.net.forward(self.x[index]), self.t[index])
        self.net.backward(self.loss.backward())
        self.net.learn(0.1)
        return loss

    def accuracy(self, x, t):
        return np.mean(self.net.forward(x).argmax(axis=1) == t.argmax(axis=1))

    def job(self):
        """A part of it, of which it has 17: 588 steps, and an evaluation of all images."""
        for _ in range(588):
            self.step()
        self.accuracy(self.x, self.t)
        return self.accuracy(self.test_x, self.test_t)


def differences(f, w, h=1e-4):
    """The derivative of f() by each number of w, each by itself."""
    gradient = np.zeros_like(w)
    every = np.nditer(w, flags=["multi_index"])
    for _ in every:
        i = every.multi_index
        kept = w[i]
        w[i] = kept + h
        above = f()
        w[i] = kept - h
        below = f()
        w[i] = kept
        gradient[i] = (above - below) / (2 * h)
    return gradient


def gradient_check(folder):
    m = Mnist(folder)
    x, t = m.x[:3], m.t[:3]

    def loss():
        return m.loss.forward(m.net.forward(x), t)

    def once():
        for layer in m.net.affine:
            differences(loss, layer.w)
            last = differences(loss, layer.b)
        return np.linalg.norm(last)
    return rounds(once)


def million(operation):
    def begin(folder):
        x, y = [np.random.randn(1000, 1000).astype(np.float32) for _ in range(2)]

        def once():
            operation(x, y)
        return rounds(once)
    return begin


def softmax(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


serve({
    "xor": xor,
    "mnist_step": lambda folder: rounds(Mnist(folder).step),
    "mnist_job": lambda folder: rounds(Mnist(folder).job),
    "gradient_check": gradient_check,
    "exp": million(lambda x, y: np.exp(x)),
    "sigmoid": million(lambda x, y: 1 / (1 + np.exp(-x))),
    "tanh": million(lambda x, y: np.tanh(x)),
    "softmax": million(softmax),
    "sum": million(lambda x, y: x.sum()),
    "add": million(lambda x, y: x + y),
})
