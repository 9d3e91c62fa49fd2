"""mnist_torch.py - the work of bench/mnist.c in PyTorch, on one thread: the peer beside it.

Prints "seconds S train A test A".
"""
import gzip
import sys
import time

import torch

torch.set_num_threads(1)
folder = sys.argv[1] if len(sys.argv) > 1 else "data/mnist"


def idx(name, head):
    data = bytearray(gzip.open(f"{folder}/{name}.gz").read()[head:])
    return torch.frombuffer(data, dtype=torch.uint8)


train_x = idx("train-images-idx3-ubyte", 16).reshape(-1, 784)
train_t = idx("train-labels-idx1-ubyte", 8).long()
test_x = idx("t10k-images-idx3-ubyte", 16).reshape(-1, 784)
test_t = idx("t10k-labels-idx1-ubyte", 8).long()

torch.manual_seed(42)
net = torch.nn.Sequential(torch.nn.Linear(784, 50), torch.nn.ReLU(), torch.nn.Linear(50, 10))
with torch.no_grad():
    for layer in (net[0], net[2]):
        layer.weight.normal_().mul_(0.01)
        layer.bias.zero_()
sgd = torch.optim.SGD(net.parameters(), lr=0.1)
loss_of = torch.nn.CrossEntropyLoss()


def accuracy(x, t):
    right = 0
    with torch.no_grad():
        for a in range(0, len(x), 1000):
            right += (net(x[a:a + 1000].float() / 255).argmax(1) == t[a:a + 1000]).sum().item()
    return right / len(x)


start = time.perf_counter()
losses = []
for step in range(10000):
    index = torch.randint(len(train_x), (100,))
    x, t = train_x[index].float() / 255, train_t[index]
    sgd.zero_grad()
    loss = loss_of(net(x), t)
    loss.backward()
    sgd.step()
    losses.append(loss.item())
    if step % 600 == 0 or step == 9999:
        last = accuracy(train_x, train_t), accuracy(test_x, test_t)
print(f"seconds {time.perf_counter() - start:.4f} train {last[0]:.4f} test {last[1]:.4f}")
