"""tiny.py - tinygrad's side of the benchmarks: steps are jitted (TinyJit), on the CPU."""
import os

os.environ.update(DEV="CPU", TRAINING="1")
from tinygrad import Device, Tensor, TinyJit, dtypes, nn

from serve import read_mnist, rounds, serve


def sgd_step(layers, forward, loss_of, rate):
    """A jitted step of a batch."""
    sgd = nn.optim.SGD([p for layer in layers for p in (layer.weight, layer.bias)], lr=rate)

    @TinyJit
    def step(x, t):
        sgd.zero_grad()
        loss = loss_of(forward(x), t)
        loss.backward()
        return loss.realize(*sgd.schedule_step())
    return step


def xor(folder):
    x = Tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]]).realize()
    t = Tensor([[0.], [1.], [1.], [0.]]).realize()
    layers = nn.Linear(2, 2), nn.Linear(2, 1)
    step = sgd_step(layers, lambda x: layers[1](layers[0](x).sigmoid()).sigmoid(),
                    lambda y, t: y.binary_crossentropy(t), 0.5)
    return rounds(lambda: step(x, t).item())


def scalars(folder):
    x, w = Tensor([1.5]).realize(), Tensor([0.9]).realize()

    @TinyJit
    def chain():
        y = x
        for _ in range(10):
            y = y * w
        return y.realize(*y.sum().gradient(x, w))

    def once():
        chain().item()
    return rounds(once)


def mnist(folder):
    (x, t), _ = read_mnist(folder)
    images, labels = Tensor(x).realize(), Tensor(t).realize()
    layers = nn.Linear(784, 50), nn.Linear(50, 10)
    sgd = nn.optim.SGD([p for layer in layers for p in (layer.weight, layer.bias)], lr=0.1)

    @TinyJit
    def step():
        index = Tensor.randint(100, high=len(x))
        sgd.zero_grad()
        logits = layers[1](layers[0](images[index].cast(dtypes.float32) / 255).relu())
        loss = logits.sparse_categorical_crossentropy(labels[index])
        loss.backward()
        return loss.realize(*sgd.schedule_step())
    return rounds(lambda: step().item())


def wide(folder):
    x, t = Tensor.rand(128, 784).realize(), Tensor.randint(128, high=10).realize()
    layers = nn.Linear(784, 1024), nn.Linear(1024, 1024), nn.Linear(1024, 10)
    step = sgd_step(layers, lambda x: layers[2](layers[1](layers[0](x).relu()).relu()),
                    lambda y, t: y.sparse_categorical_crossentropy(t), 0.01)
    return rounds(lambda: step(x, t).item())


def million(operation):
    def begin(folder):
        x, y = Tensor.randn(1000, 1000).realize(), Tensor.randn(1000, 1000).realize()
        jitted = TinyJit(lambda x, y: operation(x, y).realize())

        def once():
            jitted(x, y)
            Device[Device.DEFAULT].synchronize()
        return rounds(once)
    return begin


serve({
    "xor": xor,
    "scalars": scalars,
    "mnist_step": mnist,
    "wide_step": wide,
    "exp": million(lambda x, y: x.exp()),
    "sigmoid": million(lambda x, y: x.sigmoid()),
    "tanh": million(lambda x, y: x.tanh()),
    "softmax": million(lambda x, y: x.softmax(1)),
    "sum": million(lambda x, y: x.sum()),
    "add": million(lambda x, y: x + y),
})
