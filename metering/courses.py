"""The course of a billing period for the strip above its statement: Open, Review window, Closing, Final. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from audit import plurals
from metering.closing import State
from metering.models import BillingPeriod

ORDER = (State.OPEN, State.REVIEW, State.CLOSING, State.FINAL)


@dataclass(frozen=True)
class Step:
    """One step, as `ui/_steps.html` draws it: `state` is done, now, or nothing where it lies ahead."""

    text: str
    note: str
    state: str


def of(period: BillingPeriod, *, now: datetime) -> list[Step]:
    """Return the four steps of a period with their dates, on its contract's clock."""
    notes = (_days(period), _review(period, now), _closing(period), _final(period))
    reached = ORDER.index(State(period.state))
    # Nothing comes after the last step: it is done as soon as it is reached.
    states = [
        "done" if index < reached or period.state == State.FINAL else "now" if index == reached else ""
        for index in range(len(ORDER))
    ]
    texts = ("Open", "Review window", "Closing", "Final")
    return [Step(text, note, state) for text, note, state in zip(texts, notes, states, strict=True)]


def _days(period: BillingPeriod) -> str:
    """The days of the period: `1 to 31 Oct`; one that ends within a day ends on it."""
    first = period.span.lower.astimezone(period.zone)
    last = (period.span.upper - timedelta(microseconds=1)).astimezone(period.zone)
    if first.date() == last.date():
        return f"{first:%-d %b}"
    begins = f"{first:%-d}" if (first.year, first.month) == (last.year, last.month) else f"{first:%-d %b}"
    return f"{begins} to {last:%-d %b}"


def _review(period: BillingPeriod, now: datetime) -> str:
    if period.review_until is None:
        days = period.contract.review_days
        return plurals.counted(days, "day") if period.state in (State.OPEN, State.REVIEW) else ""
    until = period.review_until.astimezone(period.zone)
    if period.state != State.REVIEW:
        return f"until {until:%-d %b}"
    if period.is_held:
        return "held"
    left = period.review_until - now
    return f"ends {until:%-d %b}, {_in(left)}" if left > timedelta() else f"ended {until:%-d %b}"


def _in(left: timedelta) -> str:
    days, hours = left.days, left.seconds // 3600
    if days:
        return f"in {plurals.counted(days, 'day')}"
    return f"in {hours} h" if hours else "within the hour"


def _closing(period: BillingPeriod) -> str:
    return "nothing is counted into it any more" if period.state == State.CLOSING else "minutes"


def _final(period: BillingPeriod) -> str:
    if period.finished_at is None:
        return "numbered and chained"
    return f"since {period.finished_at.astimezone(period.zone):%-d %b %Y, %H:%M}"
