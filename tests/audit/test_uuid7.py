from datetime import UTC, datetime, timedelta

import pytest

from audit import uuid7

AT = datetime(2026, 11, 22, 14, 5, 6, 789_123, tzinfo=UTC)


def test_an_id_tells_its_time_to_the_millisecond() -> None:
    assert uuid7.time_of(uuid7.make(AT)) == AT.replace(microsecond=789_000)


def test_an_id_is_of_version_7_and_of_the_standard_variant() -> None:
    made = uuid7.make(AT)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_ids_sort_by_their_time_down_to_the_microsecond() -> None:
    moments = [AT + timedelta(microseconds=n) for n in range(2_000)]
    made = [uuid7.make(moment) for moment in moments]
    assert made == sorted(made)


def test_ids_of_one_moment_differ() -> None:
    assert len({uuid7.make(AT) for _ in range(1_000)}) == 1_000


def test_without_a_time_it_is_now() -> None:
    assert abs(uuid7.time_of(uuid7.make()) - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_time_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        uuid7.make(datetime(2026, 11, 22))  # noqa: DTZ001


def test_a_time_before_1970_does_not_fit() -> None:
    with pytest.raises(ValueError, match="outside"):
        uuid7.make(datetime(1969, 12, 31, tzinfo=UTC))


def test_an_id_of_another_version_tells_no_time() -> None:
    from uuid import uuid4

    with pytest.raises(ValueError, match="version 7"):
        uuid7.time_of(uuid4())
