"""The rank test that benchmarks compare times with, against values worked out by hand and by R's wilcox.test."""

import pytest

from bench.ranks import mann_whitney


def test_samples_apart_are_told_apart() -> None:
    found = mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    assert found.effect == -1
    assert found.p == pytest.approx(0.01219, abs=1e-5)  # wilcox.test(1:5, 6:10, exact = FALSE)


def test_samples_alike_are_not() -> None:
    assert mann_whitney([1, 2, 3], [1, 2, 3]) == (1, 0)
    assert mann_whitney([7, 7, 7], [7, 7]) == (1, 0)


def test_ties_count_half_and_either_way_round_it_is_the_same_test() -> None:
    first, second = [1, 1, 2, 2], [1, 2, 3, 3]
    one, other = mann_whitney(first, second), mann_whitney(second, first)
    assert one.effect == -other.effect == -0.5
    assert one.p == pytest.approx(other.p)
