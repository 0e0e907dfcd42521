"""Whether two samples differ: the Mann–Whitney U test, which asks nothing of how times are distributed."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple


class Comparison(NamedTuple):
    """`p` of both sides by the normal approximation with correction for ties (good from some 20 values on).

    `effect` is Cliff's delta: 0 where either is as often the larger, 1 where the first always is, -1 the second.
    """

    p: float
    effect: float


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """H. B. Mann, D. R. Whitney: On a test of whether one of two random variables is stochastically larger (1947)."""
    tagged = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    sizes, n, m = [], len(first), len(second)
    rank_sum, passed = 0.0, 0
    for _, group in groupby(tagged, key=lambda one: one[0]):
        tied = [sample for _, sample in group]
        rank_sum += tied.count(0) * (passed + (len(tied) + 1) / 2)
        passed += len(tied)
        sizes.append(len(tied))
    u = rank_sum - n * (n + 1) / 2
    total = n + m
    ties = sum(size**3 - size for size in sizes) / (total * (total - 1))
    deviation = math.sqrt(n * m / 12 * (total + 1 - ties))
    distance = abs(u - n * m / 2) - 0.5
    p = math.erfc(max(distance, 0.0) / deviation / math.sqrt(2)) if deviation else 1.0
    return Comparison(p, 2 * u / (n * m) - 1)
