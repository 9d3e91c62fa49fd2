"""rows.py - which works the table has, and what they are to reach."""
from dataclasses import dataclass, field

COMPILED, EAGER = "Gradus compiled", "Gradus eager"
NEWEST, DEBIAN, PYTORCH, NUMPY = "the newest PyTorch", "PyTorch 1.13", "PyTorch", "NumPy"
LIMIT, PLAIN = "limit", "plain C"


@dataclass
class Reach:
    """That line of the row (the first, where none is named) is to take at most `times` the time of others: of all whose
    names begin with `than`, or of one of them where it is a list."""
    text: str
    than: object
    times: object
    line: str = ""


@dataclass
class Row:
    work: str                                  # as the programs know it
    title: str
    reach: list
    ours: dict = field(default_factory=dict)   # line -> what Gradus's program calls it; {}: the work, eager
    limit: str = ""                            # what the limit is
    rounds: int = 9
    scale: int = 1                             # the table says what so many of them take


def both(work):
    return {COMPILED: f"{work}_compiled", EAGER: work}


def faster(times, than, line=""):
    return Reach(f"{times} times faster than {than}", than, 1 / times, line)


def million(work, title, *reach):
    return Row(work, title, list(reach), limit="one pass over the memory")


BEATS_NEWEST = Reach("faster than the newest PyTorch", NEWEST, 1)
AT_BANDWIDTH = Reach("faster than the newest PyTorch, or within 1.1 of the measured bandwidth", [NEWEST, LIMIT], [1, 1.1])

ROWS = [
    Row("xor", "XOR 2-2-1, 10,001 steps of batch 4, loss read each step",
        [Reach("compiled: no slower than the hand-written C loop", PLAIN, 1, COMPILED),
         Reach("eager: 80 times faster than PyTorch", PYTORCH, 1 / 80, EAGER)], both("xor"), scale=10001),
    Row("scalars", "ten multiplications of scalars, forward and backward", [faster(25, PYTORCH)]),
    Row("mnist_step", "MNIST 784-50-10, a step of batch 100, gather included, loss read",
        [faster(3, DEBIAN), faster(2, NEWEST),
         Reach("at most 1.2 times its bare BLAS calls and a plain copy of the batch", LIMIT, 1.2)],
        both("mnist_step"), "its products by the fastest BLAS, warm, and a copy of the batch"),
    Row("mnist_gather", "of it, the gather: 100 images at random, made float32 and divided by 255, and their labels", [],
        limit="a plain copy of the batch"),
    Row("mnist_job", "MNIST, the whole job after loading: 10,000 steps, 17 evaluations of 70,000 images",
        [faster(2.5, DEBIAN)], {"Gradus": "mnist_job"}, "its products and copies of the batches", scale=17),
    Row("wide_step", "784-1024-1024-10, a step of batch 128, update included, loss read",
        [Reach("at most 1.08 times its bare BLAS calls", LIMIT, 1.08), BEATS_NEWEST,
         Reach("with two threads: at least 1.8 times one thread", COMPILED, 1 / 1.8, f"{COMPILED}, 2 threads")],
        both("wide_step"), "its products by the fastest BLAS, warm"),
    Row("gradient_check", "gradient check of 784-50-10, batch 3, float64, all 39,760 parameters",
        [faster(5, NUMPY), Reach("with two threads: 9 times faster than NumPy", NUMPY, 1 / 9, "Gradus eager, 2 threads")],
        rounds=3),
    million("exp", "exp of a million", BEATS_NEWEST),
    million("sigmoid", "sigmoid of a million", BEATS_NEWEST),
    million("tanh", "tanh of a million", BEATS_NEWEST),
    million("softmax", "softmax of 1000 x 1000", BEATS_NEWEST),
    million("sum", "sum of a million", AT_BANDWIDTH),
    million("add", "a million plus a million", AT_BANDWIDTH),
]
