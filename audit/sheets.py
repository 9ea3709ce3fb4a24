"""Rows as CSV for a spreadsheet, handed on line by line."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

# What a spreadsheet would take for the beginning of a formula; some take the full-width signs for the usual ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


class _Line:
    """What csv writes to: it hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def lines(headings: Iterable[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the CSV's lines, the headings first; texts that would be formulas are told as texts."""
    writer = csv.writer(_Line())
    yield writer.writerow(headings)
    for values in rows:
        yield writer.writerow([_written(value) for value in values])


def _written(value: Any) -> Any:
    # Left to itself a small price becomes 1E-7.
    return f"{value:f}" if isinstance(value, Decimal) else neutral(value)


def neutral(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would run."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
