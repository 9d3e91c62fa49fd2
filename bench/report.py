"""report.py - the table, in Markdown that reads as well on a terminal."""
import math

from rows import NEWEST

UNITS = ((1, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


def time_text(seconds):
    size, unit = next((u for u in UNITS if seconds >= u[0]), UNITS[-1])
    digits = 2 - max(0, min(2, int(math.log10(seconds / size)))) if seconds > 0 else 0
    return f"{seconds / size:.{digits}f} {unit}"


def ratio_text(ratio):
    return f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    def line(cells):
        return "| " + " | ".join(str(c).ljust(w) for c, w in zip(cells, widths)) + " |"
    return "\n".join([line(head), "|" + "|".join("-" * (w + 2) for w in widths) + "|", *map(line, rows)])


def row_lines(title, lines):
    """Who, median, spread, and how many times Gradus's time that is."""
    base = lines[0]
    for i, line in enumerate(lines):
        spread = f"{time_text(min(line.times))} to {time_text(max(line.times))}"
        yield title if i == 0 else "", line.name, time_text(line.median), spread, ratio_text(line.ratio(base))


# ---- what is to be reached ----

def named(lines, name):
    """Those that a reach is held against."""
    if name == NEWEST:
        return [line for line in lines if line.name.startswith("PyTorch")][:1]
    exact = [line for line in lines if line.name == name]
    return exact or [line for line in lines if line.name.startswith(name)]


def judge(reach, lines):
    """(what was measured, whether it is reached: None where it could not be measured)."""
    mine = (named(lines, reach.line) if reach.line else lines)[:1]
    alternatives = reach.than if isinstance(reach.than, list) else [reach.than]
    times = reach.times if isinstance(reach.times, list) else [reach.times]
    said, verdicts = [], []
    for name, most in zip(alternatives, times):
        others = named(lines, name) if mine else []
        ratios = [mine[0].ratio(other) for other in others]
        said += [f"{ratio_text(r)} x {o.name}" if r >= 1 or most >= 1 else f"{o.name} / {ratio_text(1 / r)}"
                 for r, o in zip(ratios, others)]
        if ratios:
            verdicts.append(all(r <= most for r in ratios))
    return ", ".join(said) or "not measured", any(verdicts) if verdicts else None


def verdict_text(good):
    return {True: "yes", False: "**no**", None: "-"}[good]


def reach_rows(row, lines):
    for i, reach in enumerate(row.reach):
        said, good = judge(reach, lines)
        yield "" if i else row.title, reach.text, said, verdict_text(good)


def threads_row(results):
    """Two threads are never to take more than 1.05 times one thread's time."""
    ratios = []
    for row, lines in results:
        by_name = {line.name: line for line in lines}
        ratios += [(line.ratio(by_name[name[:-len(", 2 threads")]]), row.work) for name, line in by_name.items()
                   if name.endswith(", 2 threads")]
    text = "two threads, every row", "never more than 1.05 times one thread's time"
    if not ratios:
        return *text, "not measured", verdict_text(None)
    worst, work = max(ratios)
    return *text, f"at most {ratio_text(worst)} ({work})", verdict_text(worst <= 1.05)
