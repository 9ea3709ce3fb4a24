"""When a period may go on, and what is in its way: said in words that name what to do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from metering import closing
from metering.closing import Facts
from metering.draft_lines import FOREIGN

END = datetime(2026, 11, 1, tzinfo=UTC)
REVIEWED = END + timedelta(days=5)
READY = Facts(at=REVIEWED, state="review", ends_at=END, zone=ZoneInfo("UTC"), review_until=REVIEWED)


def _titles(facts: Facts, *, early: bool = False) -> list[str]:
    return [blocker.title for blocker in closing.blockers(facts, early=early)]


def test_nothing_is_in_the_way_once_the_window_is_over() -> None:
    assert _titles(READY) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"at": END - timedelta(seconds=1), "state": "open"}, "Runs until 1 Nov 2026, 00:00"),
        ({"review_until": None}, "Review has not begun"),
        ({"at": REVIEWED - timedelta(seconds=1)}, "Review window ends 6 Nov 2026, 00:00"),
        ({"is_held": True, "hold_reason": "a dispute"}, "Held: a dispute"),
        ({"differences": 1}, "Gateway counts differ in 1 hour"),
        ({"differences": 1_204}, "Gateway counts differ in 1,204 hours"),
        ({"behind": ("gw-eu-1",)}, "gw-eu-1 has not told all counts"),
        ({"behind": tuple("abcde")}, "a, b, c and 2 more have not told all counts"),
        ({"unpriced": ("v2 generations, 8K",)}, "No price for v2 generations, 8K"),
        ({"unpriced": (f"{FOREIGN}ADJ-7 in USD",)}, "Not on this bill, for another currency: ADJ-7 in USD"),
        ({"undecided": 1}, "1 adjustment waits for a decision"),
        ({"undecided": 12}, "12 adjustments wait for a decision"),
    ],
)
def test_each_thing_in_the_way_has_a_title(changed: dict[str, object], said: str) -> None:
    facts = replace(READY, **changed)  # type: ignore[arg-type]
    assert _titles(facts) == [said]
    assert all(blocker.remedy for blocker in closing.blockers(facts))


def test_everything_is_named_at_once() -> None:
    facts = replace(READY, is_held=True, hold_reason="x", differences=2, behind=("a",), unpriced=("b",), undecided=1)
    assert [blocker.code for blocker in closing.blockers(facts)] == [
        "held",
        "differs",
        "behind",
        "unpriced",
        "undecided",
    ]
    assert closing.said(closing.blockers(facts)).startswith("Held: x. Gateway counts differ in 2 hours. a has not")


def test_early_waits_for_no_window_but_for_everything_else() -> None:
    within = replace(READY, at=END)
    assert _titles(within, early=True) == []
    assert _titles(replace(within, differences=1), early=True) == ["Gateway counts differ in 1 hour"]
    assert _titles(replace(within, at=END - timedelta(1)), early=True) == ["Runs until 1 Nov 2026, 00:00"]


def test_an_override_lets_counts_and_prices_be_and_nothing_else() -> None:
    facts = replace(READY, differences=2, behind=("a",), unpriced=("b",), undecided=1, is_overridden=True)
    assert _titles(facts) == []
    assert _titles(replace(facts, is_held=True, hold_reason="x")) == ["Held: x"]
    assert _titles(replace(facts, at=END)) == ["Review window ends 6 Nov 2026, 00:00"]


@pytest.mark.parametrize("state", ["closing", "final"])
def test_nothing_stops_what_is_closing(state: str) -> None:
    assert _titles(replace(READY, state=state, is_held=True, differences=3)) == []


@pytest.mark.parametrize(
    ("zone", "end", "until"),
    [
        ("UTC", END, REVIEWED),
        # Clocks go back on 1 November in New York: five days of its own are an hour more.
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 6, 5, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 10, 31, 18, 15, tzinfo=UTC), datetime(2026, 11, 5, 18, 15, tzinfo=UTC)),
        # Half an hour forward on 4 October.
        ("Australia/Lord_Howe", datetime(2026, 9, 30, 13, 30, tzinfo=UTC), datetime(2026, 10, 5, 13, tzinfo=UTC)),
    ],
)
def test_a_review_ends_at_the_same_time_of_day_as_it_began(zone: str, end: datetime, until: datetime) -> None:
    for late in (timedelta(), timedelta(minutes=3), timedelta(hours=23)):
        assert closing.review_until(end, days=5, zone=ZoneInfo(zone), now=end + late) == until


def test_a_review_that_begins_late_has_its_whole_length() -> None:
    now = END + timedelta(days=40)
    assert closing.review_until(END, days=5, zone=ZoneInfo("UTC"), now=now) == now + timedelta(days=5)
