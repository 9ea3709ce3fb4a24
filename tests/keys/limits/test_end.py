"""A temporary limit ends before its time, later than it was to, or never begins."""

import pytest
import time_machine
from django.core.exceptions import ValidationError

from keys import actions
from keys.limits import seen
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from orgs.models import Notice, Organization
from tests.factories import ContactFactory
from tests.keys.limits.setting import DAY, HOUR, NOON, TERM, WHY, events, held, put, rate


@pytest.fixture(autouse=True)
def clock(at_noon: time_machine.Traveller) -> time_machine.Traveller:
    return at_noon


def test_ending_a_raise_brings_back_what_was_there_at_once(studio: Organization, clock: time_machine.Traveller) -> None:
    put(studio, rate(600))
    [raised] = put(studio, rate(900), ends_at=NOON + DAY)
    clock.move_to(NOON + HOUR)
    actions.end_limit(rule=raised, **WHY)
    assert [held(studio, NOON + n * HOUR) for n in (0, 1, 24, 99)] == [900, 600, 600, 600]
    [told] = events("limit.cut_short")
    assert told.sentence == "Dana Test ended the limit v2-minute of Halide before its time, then 600 a minute, burst 20"
    assert told.changes == {"limit": [900, 600]}


def test_withdrawing_what_has_not_begun_leaves_no_trace_of_it_in_time(studio: Organization) -> None:
    put(studio, rate(600))
    [raised] = put(studio, rate(900), starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    actions.end_limit(rule=raised, **WHY)
    assert [held(studio, NOON + n * HOUR) for n in (0, 24, 47, 48)] == [600, 600, 600, 600]
    [told] = events("limit.withdrawn")
    assert told.sentence.endswith("that was to begin on 23 Nov 2030, 12:00 UTC")
    assert LimitRule.objects.get(pk=raised.pk).effective.isempty


def test_what_comes_back_later_ends_with_the_raise_that_it_belongs_to(studio: Organization) -> None:
    put(studio, rate(600))
    [long] = put(studio, rate(900), ends_at=NOON + 4 * DAY)
    put(studio, rate(50), starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    assert [held(studio, NOON + n * DAY) for n in (0, 1, 2, 3, 4)] == [900, 50, 900, 900, 600]
    actions.end_limit(rule=LimitRule.objects.get(continues=long), **WHY)
    assert [held(studio, NOON + n * DAY) for n in (0, 1, 2, 3, 4)] == [600, 50, 600, 600, 600]


def test_what_holds_for_good_has_no_end(studio: Organization) -> None:
    [rule] = put(studio, rate(600))
    with pytest.raises(ValidationError, match="holds for good"):
        actions.end_limit(rule=rule, **WHY)
    with pytest.raises(ValidationError, match="no end to move"):
        actions.move_limit_end(rule=rule, ends_at=NOON + DAY, **WHY)


def test_what_is_over_is_over(studio: Organization, clock: time_machine.Traveller) -> None:
    [raised] = put(studio, rate(900), ends_at=NOON + DAY)
    clock.move_to(NOON + 2 * DAY)
    for act in (lambda: actions.end_limit(rule=raised, **WHY), lambda: actions.end_limit(rule=raised, **WHY)):
        with pytest.raises(ValidationError, match="over already"):
            act()


def test_a_plan_s_limit_is_not_ended(studio: Organization) -> None:
    with pytest.raises(ValidationError, match="another version"):
        actions.end_limit(rule=studio.plan_version.limits.first(), **WHY)


def test_a_raise_can_be_made_longer_and_shorter(studio: Organization) -> None:
    put(studio, rate(600))
    [raised] = put(studio, rate(900), ends_at=NOON + DAY)
    actions.move_limit_end(rule=raised, ends_at=NOON + 3 * DAY, **WHY)
    assert [held(studio, NOON + n * DAY) for n in (0, 2, 3)] == [900, 900, 600]
    actions.move_limit_end(rule=raised, ends_at=NOON + HOUR, **WHY)
    assert [held(studio, NOON + n * HOUR) for n in (0, 1)] == [900, 600]
    assert [event.changes for event in events("limit.moved")] == [
        {"effective_until": ["2030-11-23T12:00:00Z", "2030-11-25T12:00:00Z"]},
        {"effective_until": ["2030-11-25T12:00:00Z", "2030-11-22T13:00:00Z"]},
    ]


def test_moving_an_end_to_where_it_is_changes_nothing(studio: Organization) -> None:
    [raised] = put(studio, rate(900), ends_at=NOON + DAY)
    actions.move_limit_end(rule=raised, ends_at=NOON + DAY, **WHY)
    assert events("limit.moved") == []


def test_the_contacts_are_told(studio: Organization) -> None:
    ContactFactory(organization=studio)
    [raised] = put(studio, rate(900), ends_at=NOON + DAY)
    actions.move_limit_end(rule=raised, ends_at=NOON + 2 * DAY, **WHY)
    actions.end_limit(rule=raised, **WHY)
    assert Notice.objects.filter(kind="limit_changed").count() == 3


def test_nobody_ends_what_they_did_not_see(studio: Organization) -> None:
    [raised] = put(studio, rate(900), ends_at=NOON + DAY)
    looked = seen.of(studio, at=NOON)
    actions.move_limit_end(rule=raised, ends_at=NOON + 2 * DAY, seen=looked, **WHY)
    with pytest.raises(ValidationError, match="changed meanwhile"):
        actions.end_limit(rule=raised, seen=looked, **WHY)


def test_a_whole_term_counts_on_with_another_number_and_another_end(
    studio: Organization, clock: time_machine.Traveller
) -> None:
    [cap] = put(studio, Change(TERM, limit=500), ends_at=NOON + 30 * DAY)
    clock.move_to(NOON + DAY)
    [raised] = put(studio, Change(TERM, limit=800), ends_at=NOON + 30 * DAY)
    assert (cap.counts_since, raised.counts_since) == (None, NOON)
    actions.move_limit_end(rule=raised, ends_at=NOON + 60 * DAY, **WHY)
    assert held(studio, NOON + 59 * DAY, TERM) == 800
    clock.move_to(NOON + 2 * DAY)
    [again] = put(studio, Change(TERM, limit=900), ends_at=NOON + 3 * DAY)
    back = LimitRule.objects.get(continues=raised)
    assert (again.counts_since, back.counts_since) == (NOON, NOON)
