"""How long things take, in buckets of which each is at most 2 % wider than the one before. Pure.

A histogram is {number of the bucket: how many}. Bucket n holds what took more than 1.02 ** (n - 1) milliseconds and at
most 1.02 ** n; bucket 0 what took a millisecond or less. Histograms of days add up to that of their month.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WIDTH = 1.02

Histogram = Mapping[int, int]


@dataclass(frozen=True)
class Quantile:
    """More than `low` milliseconds and at most `high`; `of` so many that were measured."""

    low: float
    high: float
    of: int

    @property
    def seconds(self) -> float:
        """The upper end: what a customer can be told."""
        return self.high / 1000


def bucket(milliseconds: int) -> int:
    """Return the number of the bucket that holds this time."""
    return math.ceil(math.log(max(milliseconds, 1)) / math.log(WIDTH))


def histogram(times: Iterable[int]) -> Counter[int]:
    """Return the histogram of these times in milliseconds."""
    return Counter(map(bucket, times))


def parsed(stored: Mapping[str, int]) -> Counter[int]:
    """Return a histogram from what a row keeps, where the numbers are text."""
    return Counter({int(number): count for number, count in stored.items()})


def quantile(counted: Histogram, part: float) -> Quantile | None:
    """Return between which bounds the smallest time lies that this part of all took at most; None of nothing."""
    total = sum(counted.values())
    if not total:
        return None
    # Rounded first: 0.95 × 20 is a little more than 19 in binary.
    rank, so_far = max(1, math.ceil(round(part * total, 6))), 0
    for number in sorted(counted):
        so_far += counted[number]
        if so_far >= rank:
            break
    return Quantile(WIDTH ** (number - 1) if number else 0.0, WIDTH**number, total)
