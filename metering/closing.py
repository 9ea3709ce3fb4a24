"""When a billing period may go on to its next state, and what is in the way. Pure: facts go in, a list comes out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from audit import plurals
from metering.draft_lines import FOREIGN
from metering.models import BillingPeriod

State = BillingPeriod.State
# A review that begins later than this after the period's end gets its whole length all the same.
PUNCTUAL = timedelta(days=1)
OVERRIDABLE = frozenset({"differs", "behind", "unpriced", "currency", "undecided"})
# A blocker names so many sources or prices.
NAMED = 3


@dataclass(frozen=True)
class Facts:
    """What is known of a billing period at one time."""

    at: datetime
    state: str
    ends_at: datetime
    zone: ZoneInfo
    review_until: datetime | None = None
    is_held: bool = False
    hold_reason: str = ""
    # Hours in which the gateways have counted otherwise, and sources that have not told all of their counts.
    differences: int = 0
    behind: tuple[str, ...] = ()
    # Usage that no price is agreed for, as its line is called; with FOREIGN before it what is in another currency.
    unpriced: tuple[str, ...] = ()
    # Adjustments on its bill that nobody has approved or declined yet.
    undecided: int = 0
    is_overridden: bool = False


@dataclass(frozen=True)
class Blocker:
    """One thing in the way: what, and what to do about it. `passes`: time alone removes it."""

    code: str
    title: str
    remedy: str
    passes: bool = False


def blockers(facts: Facts, *, early: bool = False) -> list[Blocker]:
    """Return what keeps the period from being closed; `early`: a person does not wait for the review window."""
    if facts.state in (State.CLOSING, State.FINAL):
        return []
    found = [blocker for rule in _RULES for blocker in rule(facts)]
    return [blocker for blocker in found if not (early and blocker.code == "review")]


def review_until(ends_at: datetime, *, days: int, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when the review window ends: the same time of day there, so many days after the period.

    Where nobody could look since the period's end, the days count from now.
    """
    since = ends_at if now - ends_at < PUNCTUAL else now
    return (since.astimezone(zone) + timedelta(days=days)).astimezone(ends_at.tzinfo)


def overridable(found: list[Blocker]) -> list[Blocker]:
    """Keep what a person may override with a reason."""
    return [blocker for blocker in found if blocker.code in OVERRIDABLE]


def said(found: list[Blocker]) -> str:
    """Say it in a line: `Gateway counts differ in 3 hours. No price for v2 generations.`"""
    return " ".join(f"{blocker.title}." for blocker in found)


def _running(facts: Facts) -> Iterator[Blocker]:
    if facts.at < facts.ends_at:
        remedy = "Generations are still counted into it."
        yield Blocker("running", f"Runs until {_day(facts, facts.ends_at)}", remedy, passes=True)


def _review(facts: Facts) -> Iterator[Blocker]:
    if facts.at < facts.ends_at:
        return
    if facts.review_until is None:
        yield Blocker("review", "Review has not begun", "It begins within a minute.", passes=True)
    elif facts.at < facts.review_until:
        until = _day(facts, facts.review_until)
        yield Blocker("review", f"Review window ends {until}", "It goes on by itself then.", passes=True)


def _held(facts: Facts) -> Iterator[Blocker]:
    if facts.is_held:
        yield Blocker("held", f"Held: {facts.hold_reason}", "Release it once that is settled.")


def _counts(facts: Facts) -> Iterator[Blocker]:
    if facts.is_overridden:
        return
    if facts.differences:
        hours = plurals.counted(facts.differences, "hour")
        yield Blocker("differs", f"Gateway counts differ in {hours}", "Have the gateway send what is missing.")
    if facts.behind:
        verb = "has" if len(facts.behind) == 1 else "have"
        title = f"{_named(facts.behind)} {verb} not told all counts"
        yield Blocker("behind", title, "Counts to the end of the period are needed from each gateway.")


def _prices(facts: Facts) -> Iterator[Blocker]:
    if facts.is_overridden:
        return
    foreign = tuple(name.removeprefix(FOREIGN) for name in facts.unpriced if name.startswith(FOREIGN))
    unpriced = tuple(name for name in facts.unpriced if not name.startswith(FOREIGN))
    if unpriced:
        yield Blocker("unpriced", f"No price for {_named(unpriced)}", "Give the contract a price for it.")
    if foreign:
        title = f"Not on this bill, for another currency: {_named(foreign)}"
        yield Blocker("currency", title, "Ask for an adjustment in the contract’s currency, then override.")


def _adjustments(facts: Facts) -> Iterator[Blocker]:
    if facts.undecided and not facts.is_overridden:
        what = plurals.counted(facts.undecided, "adjustment")
        title = f"{what} {'waits' if facts.undecided == 1 else 'wait'} for a decision"
        yield Blocker("undecided", title, "Approve or decline: once the period is final, its bill takes no more.")


def _named(names: tuple[str, ...]) -> str:
    more = len(names) - NAMED
    named = ", ".join(names[:NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _day(facts: Facts, at: datetime) -> str:
    return f"{at.astimezone(facts.zone):%-d %b %Y, %H:%M}"


_RULES: tuple[Callable[[Facts], Iterator[Blocker]], ...] = (_running, _review, _held, _counts, _prices, _adjustments)
