"""What a page hands to a chart."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class Series(TypedDict):
    """One colour of a chart: cls s1 to s5, in this order, or refused; v2 is always s1, v1 always s2."""

    cls: str
    label: str


class Point(TypedDict):
    """One slot of a chart. x: the text below it. title: the first line of its tip, else x. href: what it opens.

    limit: None where there was none.
    """

    x: str
    title: NotRequired[str]
    tip: NotRequired[str]
    href: NotRequired[str]
    v: NotRequired[list[int]]
    ghost: NotRequired[int]
    used: NotRequired[int]
    limit: NotRequired[int | None]
    refused: NotRequired[int]
    percent: NotRequired[float | None]


class Mark(TypedDict):
    """A vertical line at a slot (fractions allowed). extra: hidden where it is narrow."""

    at: float
    label: str
    y: NotRequired[int]
    now: NotRequired[bool]
    extra: NotRequired[bool]


class Dot(TypedDict):
    """A named point of a limit over time. below: its name stands under the line, where one comes down from the left."""

    at: float
    value: int
    label: str
    dx: NotRequired[int]
    anchor: NotRequired[str]
    extra: NotRequired[bool]
    below: NotRequired[bool]


class Chart(TypedDict):
    """A whole chart. kind: "bars" (default), "limit" or "attainment". label: what it shows, in a sentence.

    top: the value at the upper edge, by default a round one. every: a label below each nth slot. column: the heading
    of the first column of its table. legend: in place of a line for each series, where several share a colour.
    used: what a limit over time calls its traffic, by default the busiest minute. promised: in percent.
    """

    label: str
    points: list[Point]
    kind: NotRequired[str]
    used: NotRequired[str]
    series: NotRequired[list[Series]]
    top: NotRequired[int]
    every: NotRequired[int]
    offset: NotRequired[int]
    size: NotRequired[str]
    marks: NotRequired[list[Mark]]
    dots: NotRequired[list[Dot]]
    ghost: NotRequired[str]
    column: NotRequired[str]
    legend: NotRequired[list[dict[str, str]]]
    promised: NotRequired[float | None]


class Reservation(TypedDict):
    """A bar of the capacity timeline. start, end: days from the first one, end excluded. row: by default its own."""

    label: str
    tip: str
    start: int
    end: int
    hold: NotRequired[bool]
    row: NotRequired[int]


class Pool(TypedDict):
    """A pool with its reservations. heat: the reserved share of each day, 0 to 1. summary: all of it in words.

    told: each day's share in words, where the pool does not hold the same units on all of them.
    """

    bars: list[Reservation]
    heat: list[float]
    told: NotRequired[list[str]]
    units: int
    summary: str
