"""What is made of the samples: medians, ratios, the table and the last line. Pure."""

import statistics
from collections.abc import Sequence

ROUNDS = 5


def percentile(ascending: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed; `share` is within 0 to 1."""
    if not ascending:
        raise ValueError("There is no percentile of nothing.")
    # As a whole number of values, so that 0.99 of 100 is the 99th and no rounding makes it the 100th.
    position = -(-round(share * 1_000_000) * len(ascending) // 1_000_000)
    return ascending[max(position, 1) - 1]


def median(values: Sequence[float]) -> float:
    """Return the value in the middle; between the two where their number is even."""
    return statistics.median(values)


def paired(ours: Sequence[float], base: Sequence[float]) -> list[float]:
    """Return ours as a multiple of the base of the same round: what changes between rounds meets both."""
    return [one / other for one, other in zip(ours, base, strict=True)]


def median_ratio(ours: Sequence[float], base: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median(paired(ours, base))


def plain(value: float) -> str:
    """Write a figure as a plain decimal: no exponent, no thousands separator, no unit."""
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3f}"


def last_line(**figures: float) -> str:
    """Return the line that machines read, `name=figure` with a space between."""
    return " ".join(f"{name}={plain(value)}" for name, value in figures.items())


def rounds(values: Sequence[float]) -> str:
    """Write the rounds of a figure in their order, so that its spread can be seen."""
    return " ".join(f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}" for value in values)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    rule = "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])])
    first, *others = (_line(row, widths) for row in [head, *rows])
    return "\n".join([first, f"|{rule}|", *others])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]) + " |"
