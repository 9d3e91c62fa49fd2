#!/usr/bin/env python3
"""Writes metrics_reference.h: labels, scores and numbers with what metrics make of them. For maintainers; needs numpy.

    python3 make_metrics_reference.py > metrics_reference.h

Each metric is written out from its definition in the user guide of scikit-learn ("Metrics and scoring", sections
"Classification metrics" and "Regression metrics"), with zero_division=0 and labels=None: classes that occur neither as a
label nor as a prediction are no part of an average. NumPy 2.4 made the file.
"""
import numpy as np


def divide(a, b):
    return np.divide(a, b, out=np.zeros(len(a)), where=b != 0)


def scores_of(label, predicted, classes):
    counts = np.zeros((classes, classes), dtype=int)
    for t, p in zip(label, predicted):
        counts[t, p] += 1
    right, taken, support = np.diag(counts), counts.sum(0), counts.sum(1)
    precision, recall, f1 = divide(right, taken), divide(right, support), divide(2 * right, taken + support)
    occurs = np.flatnonzero(taken + support)
    accuracy = right.sum() / counts.sum() if counts.sum() else 0.0
    triples = np.stack([precision, recall, f1], 1)
    macro = triples[occurs].mean(0) if len(occurs) else np.zeros(3)
    weighted = np.average(triples, 0, support) if support.sum() else np.zeros(3)
    return counts, triples, support, macro, weighted, accuracy


def r2(p, t):
    error, spread = ((t - p) ** 2).sum(0), ((t - t.mean(0)) ** 2).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(spread == 0, np.where(error == 0, 1.0, 0.0), 1 - error / spread)
    return each.mean()


def listed(values):
    return "{ %s }" % (", ".join("%.17g" % v for v in np.asarray(values).flatten()) or "0")


draw = np.random.RandomState(7)
print("/* metrics_reference.h - made by make_metrics_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const class_case class_cases[] = {")
for classes, samples, used in ((2, 12, 2), (3, 30, 3), (5, 40, 5), (5, 9, 3), (4, 1, 4), (3, 0, 3)):
    label = draw.randint(0, used, samples)
    predicted = np.where(draw.rand(samples) < 0.6, label, draw.randint(0, used, samples))
    counts, triples, support, macro, weighted, accuracy = scores_of(label, predicted, classes)
    print("    { %d, %d,\n      .label = %s,\n      .predicted = %s," % (classes, samples, listed(label), listed(predicted)))
    print("      .counts = %s,\n      .scores = %s," % (listed(counts), listed(triples)))
    print("      .macro = %s, .weighted = %s,\n      .accuracy = %.17g }," % (listed(macro), listed(weighted), accuracy))
print("};")

print("static const top_case top_cases[] = {")
for classes, samples in ((3, 10), (6, 12)):
    label = draw.randint(0, classes, samples)
    scores = draw.permutation(classes * samples).reshape(samples, classes) / 8
    best = np.argsort(-scores, 1)
    shares = [np.mean([t in row[:k] for t, row in zip(label, best)]) for k in range(1, classes + 1)]
    print("    { %d, %d,\n      .label = %s,\n      .scores = %s,\n      .shares = %s },"
          % (classes, samples, listed(label), listed(scores), listed(shares)))
print("};")

print("static const regression_case regression_cases[] = {")
for samples, outputs, kind in ((8, 1, "any"), (10, 3, "any"), (5, 1, "constant"), (5, 1, "met"), (6, 2, "mixed"), (9, 1, "far")):
    t = draw.randint(-40, 40, (samples, outputs)) / 8
    p = t + draw.randint(-12, 13, (samples, outputs)) / 16
    if kind in ("constant", "met", "mixed"):
        t[:, 0] = 0.125
    if kind == "met":
        p = t.copy()
    if kind == "far":
        t, p = t + 1e6, p + 1e6
    mae, rmse = np.abs(t - p).mean(), np.sqrt(((t - p) ** 2).mean(0)).mean()
    print("    { %d, %d,\n      .p = %s,\n      .t = %s,\n      .r2 = %.17g, .mae = %.17g, .rmse = %.17g },"
          % (samples, outputs, listed(p), listed(t), r2(p, t), mae, rmse))
print("};")
