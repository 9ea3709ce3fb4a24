"""Slots of time: complete, without gaps, this one included."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from keys import ranges
from keys.ranges import RANGES, Range

NOW = datetime(2026, 3, 1, 13, 45, tzinfo=UTC)


@pytest.mark.parametrize("range", RANGES, ids=lambda one: one.value)
def test_slots_follow_each_other_and_the_last_one_holds_now(range: Range) -> None:
    slots = range.slots(NOW)
    assert len(slots) == range.count
    assert slots == sorted(set(slots))
    assert slots[-1] <= NOW
    if range.unit == "hour":
        assert {after - before for before, after in pairwise(slots)} == {range.hours * ranges.HOUR}
        assert slots[-1] + range.hours * ranges.HOUR > NOW


def test_months_go_back_over_the_year() -> None:
    slots = ranges.chosen("13mo", default="24h").slots(NOW)
    assert (slots[0], slots[-2], slots[-1]) == tuple(
        datetime(year, month, 1, tzinfo=UTC) for year, month in ((2025, 3), (2026, 2), (2026, 3))
    )


def test_an_odd_hour_belongs_to_the_even_one_before() -> None:
    week = ranges.chosen("7d", default="24h")
    assert week.slot_of(NOW.replace(minute=0)) == NOW.replace(hour=12, minute=0) == week.slots(NOW)[-1]


def test_several_days_are_labelled_at_midnight() -> None:
    days = ranges.chosen("3d", default="24h")
    slots = days.slots(NOW)
    labelled = days.labelled(slots)
    shown = slots[labelled["offset"] :: labelled["every"]]
    assert [days.short(slot) for slot in shown] == ["27 Feb", "28 Feb", "1 Mar"]
    assert all(slot.hour == 0 for slot in shown)


def test_an_unknown_range_is_the_usual_one() -> None:
    assert ranges.chosen("forever", default="24h").slots(NOW)[0] == datetime(2026, 2, 28, 14, tzinfo=UTC)
    assert ranges.chosen("", default="7d").count * timedelta(hours=2) == timedelta(days=7)
