"""Pools over six weeks: their reservations as bars, the reserved share of each day below, and what is full."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from orgs.capacity import days, spans
from orgs.capacity.days import Day
from orgs.capacity.room import counted, joined
from orgs.capacity.spans import DAY, Span
from orgs.models import CapacityPool, Organization, Reservation

WEEK = timedelta(days=7)
WEEKS = 6
BEFORE = 2 * WEEK
# The farthest that one can page to, either way.
FARTHEST = timedelta(days=3 * 366)
LEGEND = [
    {"cls": "heat1", "label": "under 60% reserved"},
    {"cls": "heat2", "label": "60% or more"},
    {"cls": "heat3", "label": "full"},
    {"line": "mark-line now", "label": "now"},
]
# Who has units stands there for everybody; who it is, only for those who see the organization.
SOMEBODY = "Another organization"
MOST_NAMED = 3
# Up to here each reservation has a line of its own; more share lines, those that leave each other room.
OWN_LINES = 12
# About so many letters of a bar's name take a day's width.
LETTERS_A_DAY = 2
# Of one organization.
MOST_LISTED = 100


@dataclass(frozen=True)
class Window:
    """Six weeks from a Monday on."""

    first: date

    @property
    def span(self) -> Span:
        return Span(self.first, self.first + WEEKS * WEEK - DAY)

    @property
    def labels(self) -> list[str]:
        """The days in words, for tips."""
        return [f"{day:%a %-d %b}" for day in self.span]

    @property
    def ticks(self) -> list[tuple[int, str]]:
        return [(7 * week, f"{self.first + week * WEEK:%-d %b}") for week in range(WEEKS)]

    @property
    def title(self) -> str:
        """9 Nov to 20 Dec 2026."""
        said = str(self.span)
        return said if self.span.first.year != self.span.last.year else f"{said} {self.span.last:%Y}"

    def place(self, at: datetime) -> float:
        """Where the moment lies, in days from the first; negative, or more than there are, outside of the window."""
        return (at - datetime.combine(self.first, datetime.min.time(), tzinfo=at.tzinfo)) / DAY

    def moved(self, weeks: int) -> "Window":
        return Window(self.first + weeks * WEEK)


def window(*, today: date, asked: str = "") -> Window:
    """The window that begins in the week of the day asked for, as 2026-11-24; else two weeks before this one."""
    try:
        first = date.fromisoformat(asked)
        is_near = abs(first - today) <= FARTHEST
    except ValueError:
        is_near = False
    first = first if is_near else today - BEFORE
    return Window(first - timedelta(days=first.weekday()))


@dataclass(frozen=True)
class Drawn:
    """A pool with what it holds on the days of a window and who has some of it."""

    pool: CapacityPool
    days: list[Day]
    reservations: list[Reservation]
    chart: dict[str, Any]
    # Whether the window shows it or not.
    today: Day

    def full(self, since: date) -> list[Span]:
        """The days from then on, within the window, on which no unit is free though there are some."""
        return spans.runs(one.day for one in self.days if one.day >= since and one.capacity and not one.free)


def drawn(
    pools: Sequence[CapacityPool], window: Window, *, at: datetime, seen: Collection[int] | None = None
) -> list[Drawn]:
    """Draw the pools. `seen`: the organizations that are named, by key; None: all of them."""
    span = window.span
    by_pool = days.of_pools(pools, span, at=at)
    rows = Reservation.objects.filter(pool__in=pools).touching(span.first, span.last + DAY).holding(at=at)
    kept: dict[int, list[Reservation]] = {pool.pk: [] for pool in pools}
    for one in rows.select_related("organization").order_by("days", "pk"):
        if one.held and one.held.meets(span):
            kept[one.pool_id].append(one)
    now = _today(pools, at)
    return [
        Drawn(
            pool,
            by_pool[pool.pk],
            kept[pool.pk],
            _chart(pool, by_pool[pool.pk], kept[pool.pk], window, seen),
            today=now[pool.pk],
        )
        for pool in pools
    ]


def warning(pools: Iterable[Drawn], *, today: date) -> tuple[str, str] | None:
    """What has no unit left, as a title and a sentence; None where everything has some."""
    full = [(one.pool.code, joined(runs)) for one in pools if (runs := one.full(today))]
    if not full:
        return None
    beyond = "Calls beyond a reservation find no room there."
    if len(full) == 1:
        return f"No unit is free in {full[0][0]} on {full[0][1]}.", beyond
    named = "; ".join(f"{code} on {when}" for code, when in full[:MOST_NAMED])
    more = f"; and {len(full) - MOST_NAMED} more" if len(full) > MOST_NAMED else ""
    return f"No unit is free in {len(full)} pools.", f"{named}{more}. {beyond}"


def _today(pools: Sequence[CapacityPool], at: datetime) -> dict[int, Day]:
    """What each pool holds today; nothing before it opens."""
    today = spans.day_of(at)
    found = days.of_pools(pools, Span(today, today), at=at)
    return {pool: rows[0] if rows else Day(today, 0, 0) for pool, rows in found.items()}


def left_over(reservations: Iterable[Reservation]) -> str:
    """Who has left and still has units, in a sentence; nothing where nobody has."""
    closed = [one for one in reservations if one.organization.status == Organization.Status.CLOSED]
    said = [f"{one.organization} has {counted(one.units)} in {one.pool}" for one in closed]
    more = f", and {len(said) - MOST_NAMED} more" if len(said) > MOST_NAMED else ""
    return f"{'; '.join(said[:MOST_NAMED])}{more}." if said else ""


def _chart(
    pool: CapacityPool,
    known: Sequence[Day],
    reservations: Sequence[Reservation],
    window: Window,
    seen: Collection[int] | None,
) -> dict[str, Any]:
    by_day = {one.day: one for one in known}
    row = [by_day.get(day) for day in window.span]
    named = [(one, _name(one, seen)) for one in reservations]
    return {
        "bars": _in_rows([_bar(one, name, window) for one, name in named]),
        "heat": [day.share if day else 0 for day in row],
        "told": [f"{day.reserved} of {counted(day.capacity)} reserved" if day else "not open" for day in row],
        "units": max((day.capacity for day in known), default=0),
        "summary": _summary(pool, window, named),
    }


def _name(reservation: Reservation, seen: Collection[int] | None) -> str:
    return reservation.organization.name if seen is None or reservation.organization_id in seen else SOMEBODY


def _bar(reservation: Reservation, name: str, window: Window) -> dict[str, Any]:
    held, span = reservation.held or reservation.span, window.span
    kind = "Hold" if reservation.state == Reservation.State.HOLD else "Reservation"
    return {
        "label": f"{name} · {reservation.units}",
        "tip": f"{name.replace('|', '¦')}|{kind}: {counted(reservation.units)}|{reservation.span}",
        "start": (max(held.first, span.first) - span.first).days,
        "end": (min(held.last, span.last) - span.first).days + 1,
        "hold": reservation.state == Reservation.State.HOLD,
    }


def _in_rows(bars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bars, with the line that each stands on where they are too many for one each."""
    if len(bars) <= OWN_LINES:
        return bars
    ends: list[float] = []
    for bar in sorted(bars, key=lambda bar: (bar["start"], bar["end"])):
        row = next((row for row, end in enumerate(ends) if end <= bar["start"]), len(ends))
        # The name stands in its bar, or else to its right.
        length = len(bar["label"]) / LETTERS_A_DAY
        ends[row : row + 1] = [bar["end"] + (length + 1 if length > bar["end"] - bar["start"] else 0)]
        bar["row"] = row
    return bars


def _summary(pool: CapacityPool, window: Window, named: Sequence[tuple[Reservation, str]]) -> str:
    said = "; ".join(f"{name}, {counted(one.units)}, {one.span}" for one, name in named)
    return f"{pool}, {window.title}: {said or 'nothing is reserved'}"
