"""What begins and ends by itself is recorded once, with the time at which it did."""

import pytest
import time_machine

from keys import tasks
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from orgs.models import Change as Announced
from orgs.models import Notice, Organization
from tests.factories import ContactFactory, KeyFactory
from tests.keys.limits.setting import DAY, HOUR, NOON, V2, events, put, rate


@pytest.fixture(autouse=True)
def clock(at_noon: time_machine.Traveller) -> time_machine.Traveller:
    return at_noon


def sweep_at(clock: time_machine.Traveller, hours: int) -> list[str]:
    """Let the sweep run twice, so many hours after noon, and return what was recorded, as it is told."""
    known = {event.id for event in events()}
    clock.move_to(NOON + hours * HOUR)
    for _ in range(2):
        tasks.record_limit_changes()
    return [event.sentence for event in events() if event.id not in known]


def test_what_was_set_to_hold_at_once_is_told_by_who_set_it(
    studio: Organization, clock: time_machine.Traveller
) -> None:
    put(studio, rate(600))
    put(studio, rate(700))
    assert sweep_at(clock, 1) == []


def test_a_raise_that_ends_is_recorded_with_its_time(studio: Organization, clock: time_machine.Traveller) -> None:
    put(studio, rate(600))
    put(studio, rate(900), ends_at=NOON + DAY)
    assert sweep_at(clock, 23) == []
    assert sweep_at(clock, 30) == [
        "The limit v2-minute of Halide ended on 23 Nov 2030, 12:00 UTC, then 600 a minute, burst 20"
    ]
    [told] = events("limit.ended")
    assert (told.actor_type, told.reason, told.ticket) == ("system", "a campaign", "SUP-1")
    assert told.changes == {"limit": [900, 600]}
    assert told.detail["effective_from"] == "2030-11-23T12:00:00Z"
    assert told.occurred_at == NOON + 30 * HOUR


def test_one_that_gives_way_to_the_plan_says_so(studio: Organization, clock: time_machine.Traveller) -> None:
    put(studio, rate(900), ends_at=NOON + DAY)
    assert [told.endswith(", then 120 a minute, burst 20") for told in sweep_at(clock, 24)] == [True]


def test_a_scheduled_one_is_recorded_when_it_begins(studio: Organization, clock: time_machine.Traveller) -> None:
    put(studio, rate(600))
    put(studio, rate(900), starts_at=NOON + DAY)
    assert sweep_at(clock, 25) == [
        "The limit v2-minute of Halide began on 23 Nov 2030, 12:00 UTC: 900 a minute, burst 20"
    ]
    [told] = events("limit.began")
    assert told.changes == {"limit": [600, 900]}


def test_beginning_and_end_are_both_told_where_the_sweep_comes_late(
    studio: Organization, clock: time_machine.Traveller
) -> None:
    put(studio, rate(900), starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    assert [" began on 23 Nov" in one or " ended on 24 Nov" in one for one in sweep_at(clock, 99)] == [True, True]


def test_one_raise_after_the_other_is_one_change(studio: Organization, clock: time_machine.Traveller) -> None:
    put(studio, rate(900), ends_at=NOON + DAY)
    put(studio, rate(950), starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    assert len(sweep_at(clock, 24)) == 1
    assert events()[-1].changes == {"limit": [900, 950]}


def test_a_scheduled_return_to_the_plan_is_told(studio: Organization, clock: time_machine.Traveller) -> None:
    put(studio, rate(600))
    put(studio, Change(V2, remove=True), starts_at=NOON + DAY)
    assert "from 23 Nov 2030, 12:00 UTC on, then 120 a minute" in events()[-1].sentence
    assert [told.endswith("120 a minute, burst 20") for told in sweep_at(clock, 24)] == [True]


def test_the_next_change_records_what_the_sweep_has_not_seen(
    studio: Organization, clock: time_machine.Traveller
) -> None:
    put(studio, rate(900), ends_at=NOON + DAY)
    clock.move_to(NOON + 25 * HOUR)
    put(studio, rate(700))
    assert [event.verb for event in events()] == ["limit.set", "limit.ended", "limit.set"]
    assert events()[-1].changes == {"limit": [120, 700]}
    assert sweep_at(clock, 26) == []


def test_processes_and_gateways_are_told_when_it_happens(studio: Organization, clock: time_machine.Traveller) -> None:
    from orgs import tokens

    ContactFactory(organization=studio)
    put(studio, rate(900), ends_at=NOON + DAY)
    client = tokens._client()
    before = client.get(tokens.name(studio.pk))
    sweep_at(clock, 24)
    assert Announced.objects.filter(kind="limits.changed", organization=studio).count() == 2
    assert client.get(tokens.name(studio.pk)) != before
    assert Notice.objects.filter(kind="limit_changed").count() == 2


def test_a_key_s_limit_ends_too(studio: Organization, clock: time_machine.Traveller) -> None:
    key = KeyFactory(organization=studio, name="prod")
    put(key, rate(30), ends_at=NOON + DAY)
    assert sweep_at(clock, 24) == ["The limit key-v2-minute of Halide ended on 23 Nov 2030, 12:00 UTC, then no limit"]
    assert key.uid in events("limit.ended")[0].names


def test_the_marks_say_when_it_was_recorded(studio: Organization, clock: time_machine.Traveller) -> None:
    put(studio, rate(600))
    [raised] = put(studio, rate(900), starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    sweep_at(clock, 25)
    sweep_at(clock, 49)
    raised = LimitRule.objects.get(pk=raised.pk)
    assert (raised.begun_at, raised.ended_at) == (NOON + 25 * HOUR, NOON + 49 * HOUR)
