"""measure.py - a row of the table: whoever can do the work takes turns at it."""
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

import contestants
from contestants import BUILT, DATA, ROOT, Asked, Contestant

ROUNDS = int(os.environ.get("GRADUS_ROUNDS", "9"))   # of most rows; the long ones have a third
LONG_ENOUGH = 0.1   # seconds that a round of one contestant takes at least


@dataclass
class Line:
    """One contestant's times in a row, round by round."""
    name: str
    times: list = field(default_factory=list)
    came_to: float = 0
    memory: float = 0

    @property
    def median(self):
        return statistics.median(self.times)

    def ratio(self, base):
        """How many times as long as `base` it takes: the median of the rounds' ratios."""
        return statistics.median(a / b for a, b in zip(self.times, base.times))


def entrants(row, peers):
    """Line, contestant, and what its program calls the work."""
    ours = row.ours or {"Gradus eager": row.work}
    for threads in (1, 2):
        for name, work in ours.items():
            yield Contestant(name + ("" if threads == 1 else f", {threads} threads"), contestants.gradus(threads), threads), work
    for other in contestants.limits() + peers:
        yield other, row.work


def how_often(asked):
    """How many times make a round that is long enough; None where it can't do the work. This warms up as well."""
    count = 1
    for _ in range(3):
        took = asked.seconds(1)
        if not took or took[0] > 1:
            return 1 if took else None
    while (took := asked.seconds(count)[0]) < LONG_ENOUGH / 4:
        count *= 4
    return max(1, round(count * LONG_ENOUGH / took))


def begin(row, peers):
    """(line, asked, count) of all that can do the work."""
    running = []
    for contestant, work in entrants(row, peers):
        asked = Asked(contestant, work)
        count = how_often(asked)
        if count:
            running.append((Line(contestant.name), asked, count))
        else:
            asked.leave()
    return running


def one_round(running, row):
    for line, asked, count in running:
        took = asked.seconds(count)
        if took:
            line.times.append(took[0] / count * row.scale)
            line.came_to = took[1]


def run(row, peers):
    """The row's lines: ours first."""
    running = begin(row, peers)
    rounds = max(1, row.rounds * ROUNDS // 9)
    for i in range(rounds):
        one_round(running[i % len(running):] + running[:i % len(running)], row)   # nobody is always first
        print(f"\r{row.work}: {i + 1} of {rounds} rounds ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for line, asked, _ in running:
        line.memory = asked.peak_memory() if asked.process.poll() is None else 0
        asked.leave()
    return [line for line, _, _ in running if line.times]


# ---- from the start of a process to its end ----

def run_once(command):
    """Seconds, and peak memory in MB."""
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, {**os.environ, "DEV": "CPU"},
                              file_actions=[(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (1, 2)])
    _, status, usage = os.wait4(process, 0)
    took = time.perf_counter() - start
    return (took, usage.ru_maxrss / 1024) if status == 0 else None


def startup(peers, rounds=15):
    commands = {"Gradus": [f"{BUILT}/startup"], "limit": [f"{BUILT}/nothing"]}
    commands |= {c.name: [c.command[0], "-c", f"import {contestants.MODULES[c.package][0]}"]
                 for c in peers if c.package in contestants.MODULES}
    lines = {name: Line(name) for name in commands}
    for i in range(rounds):
        for name, command in commands.items():
            if name in ("Gradus", "limit") or i < 3:   # seconds are long enough not to be asked for often
                lines[name].times.append(run_once(command)[0])
    return list(lines.values())


def command_memory():
    """Peak memory of the command's job on MNIST, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        done = run_once([f"{ROOT}/build/release/gradus", "train", DATA, "--output", f"{folder}/out"])
    return done[1] if done else float("nan")
