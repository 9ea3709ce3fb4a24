"""When an old secret stops: pure rules, tried with any times."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import rotation
from keys.models import KeySecret
from keys.rotation import Overlap

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2020, 2040))
moments = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
lengths = st.timedeltas(timedelta(), timedelta(days=60))
overlaps = st.builds(Overlap, lengths, st.booleans())


@given(moments, overlaps, lengths, st.none() | moments)
def test_an_overlap_never_ends_before_it_began_nor_outlives_the_key_nor_the_plan(
    began: datetime, wanted: Overlap, longest: timedelta, expires_at: datetime | None
) -> None:
    end = wanted.end(began, longest=longest, expires_at=expires_at)
    assert end >= began
    assert end <= began + (longest if wanted.after_use else wanted.lasts)
    if expires_at is not None and expires_at >= began:
        assert end <= expires_at
    if expires_at is not None and expires_at <= began:
        assert end == began


@given(moments, moments, lengths, lengths)
def test_a_first_use_only_ever_shortens(used_at: datetime, began: datetime, after: timedelta, wait: timedelta) -> None:
    latest = began + wait
    end = rotation.end_after_use(used_at, began=began, after=after, latest=latest)
    assert end <= latest
    assert end == latest or end >= began + after


@given(moments, lengths, st.none() | moments, st.none() | moments)
def test_an_extension_goes_no_further_than_the_next_rotation(
    began: datetime, longest: timedelta, expires_at: datetime | None, successor_at: datetime | None
) -> None:
    end = rotation.latest_end(began, longest=longest, expires_at=expires_at, successor_at=successor_at)
    assert end <= began + longest
    if successor_at is not None:
        assert end <= successor_at


def _secret(state: str, **times: datetime) -> KeySecret:
    return KeySecret(state=state, **times)


def test_before_a_scheduled_rotation_begins_one_secret_works() -> None:
    active = _secret("active", overlap_until=NOW + 2 * HOUR)
    pending = _secret("pending", activates_at=NOW + HOUR)
    standing = rotation.standing([active, pending], at=NOW)
    assert standing == (active, None, pending)


def test_from_its_time_on_the_clock_has_moved_them_though_no_sweep_has() -> None:
    active = _secret("active", overlap_until=NOW + 2 * HOUR)
    pending = _secret("pending", activates_at=NOW + HOUR)
    assert rotation.standing([active, pending], at=NOW + HOUR) == (pending, active, None)
    assert rotation.standing([active, pending], at=NOW + 2 * HOUR) == (pending, None, None)


def test_an_overlap_that_is_over_is_no_old_secret() -> None:
    active, old = _secret("active"), _secret("overlap", overlap_until=NOW)
    assert rotation.standing([active, old], at=NOW - HOUR) == (active, old, None)
    assert rotation.standing([active, old], at=NOW) == (active, None, None)


@pytest.mark.parametrize(
    ("length", "label"),
    [(timedelta(), "none"), (40 * timedelta(minutes=1), "40 min"), (HOUR, "1 h"), (DAY, "24 h"), (7 * DAY, "7 d")],
)
def test_an_overlap_is_said_in_words(length: timedelta, label: str) -> None:
    assert rotation.overlap_label(length) == label
