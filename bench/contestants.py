"""contestants.py - who takes part: Gradus, its peers as far as they are there, and the limits; and how they are asked."""
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILT = f"{ROOT}/build/release/bench"
DATA = f"{ROOT}/data/mnist"
ONE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")}
MODULES = {"PyTorch": ("torch", "pytorch.py"), "JAX": ("jax", "jax_numpy.py"), "tinygrad": ("tinygrad", "tiny.py"),
           "NumPy": ("numpy", "numpy_by_hand.py")}


@dataclass
class Contestant:
    name: str
    command: list
    threads: int = 1
    package: str = ""         # what its version is known of


def version_of(python, module):
    """Of a package that the interpreter can import; None where it can't."""
    ask = f"import {module}, importlib.metadata as m; print(getattr({module}, '__version__', '') or m.version('{module}'))"
    try:
        done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True, env={**os.environ, "DEV": "CPU"})
        return done.stdout.split()[-1]
    except (OSError, subprocess.CalledProcessError):
        return None


def interpreters():
    """By their real paths, each once; those of virtual environments are links and have to stay such."""
    named = os.environ.get("GRADUS_PYTHON", "").split() + ["python3", "/usr/bin/python3"]
    return list(dict.fromkeys(named))


def peers_in_python():
    found = {}
    for python in interpreters():
        for peer, (module, script) in MODULES.items():
            version = version_of(python, module)
            if version:
                name = f"{peer} {version.split('+')[0]}"
                found.setdefault(name, Contestant(name, [python, f"{ROOT}/bench/peers/{script}", DATA, "1"], 1, peer))
    for peer in MODULES:
        if not any(c.package == peer for c in found.values()):
            print(f"({peer} is left out: no interpreter has it)", file=sys.stderr)
    return list(found.values())


def peers_in_c():
    if os.path.exists(f"{BUILT}/fann"):
        return [Contestant("FANN", [f"{BUILT}/fann", DATA, "1"], 1, "FANN")]
    print("(FANN is left out: libfann-dev was not there when the benchmarks were built)", file=sys.stderr)
    return []


def peers_by_hand():
    """Programs of the reader's own: GRADUS_PEERS="name=program name=program", each asked as common/serve.h says."""
    named = [word.split("=", 1) for word in os.environ.get("GRADUS_PEERS", "").split() if "=" in word]
    return [Contestant(name, [program, DATA, "1"]) for name, program in named]


def peers():
    """As far as they are on the machine: PyTorch's newest first."""
    in_python = sorted(peers_in_python(), key=lambda c: (list(MODULES).index(c.package), -version_number(c)))
    return in_python + peers_in_c() + peers_by_hand()


def version_number(contestant):
    parts = "".join(c if c.isdigit() else " " for c in contestant.name).split()
    return sum(int(part) / 1000 ** i for i, part in enumerate(parts[:3]))


def limits():
    return [Contestant("limit", [f"{BUILT}/limits", DATA, "1"]), Contestant("plain C", [f"{BUILT}/plain", DATA, "1"])]


def gradus(threads):
    return [f"{BUILT}/gradus", DATA, str(threads)]


class Asked:
    """A contestant's process, which does one work when it is asked to. With one thread it has one core, whatever threads a
    library starts of its own accord."""

    def __init__(self, contestant, work):
        self.name, self.work, self.errors = contestant.name, work, tempfile.TemporaryFile("w+")
        cores = sorted(os.sched_getaffinity(0))
        if contestant.threads == 1:
            cores = cores[-1:]
        self.process = subprocess.Popen(contestant.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=self.errors, env={**os.environ, **ONE},
                                        preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def seconds(self, count):
        """What doing the work so many times takes, and what it came to; None where it can't be done."""
        try:
            print(self.work, count, file=self.process.stdin, flush=True)
            words = self.process.stdout.readline().split()
        except BrokenPipeError:
            words = []
        if not words:
            self.tell()
        return (float(words[0]), float(words[1])) if len(words) == 2 else None

    def tell(self):
        """It ended when it should have answered."""
        self.errors.seek(0)
        last = ([line for line in self.errors.read().split("\n") if line] or ["it said nothing"])[-1]
        print(f"({self.name} is left out of {self.work}: {last[:150]})", file=sys.stderr)

    def peak_memory(self):
        """In MB, up to now."""
        with open(f"/proc/{self.process.pid}/status") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["VmHWM"].split()[0]) / 1024

    def leave(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()
        self.errors.close()
