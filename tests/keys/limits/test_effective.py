"""The table of an organization's limits: what counts, where it comes from, and what comes next."""

import pytest
import time_machine

from keys.limits import effective
from keys.limits.effective import Line
from keys.limits.limit_changes import Change
from orgs.models import Organization
from tests.factories import KeyFactory
from tests.keys.limits.setting import DAY, JOBS, MONTH, NOON, V1, V2, put, rate

pytestmark = pytest.mark.usefixtures("at_noon")


def lines(studio: Organization, days: int = 0) -> dict[str, Line]:
    return {line.slot.label: line for line in effective.of(studio, at=NOON + days * DAY)}


def test_what_nobody_set_is_inherited_from_the_plan(studio: Organization) -> None:
    line = lines(studio)["v2 requests"]
    assert (line.own, line.source, line.said) == (None, "Standard, version 1", "120 a minute, burst 20")
    assert list(lines(studio)) == ["v1 requests", "v2 requests"]


def test_what_is_set_here_stands_beside_what_it_replaces(studio: Organization) -> None:
    put(studio, rate(600))
    line = lines(studio)["v2 requests"]
    assert (line.source, line.said, line.said_inherited) == (
        "this organization",
        "600 a minute, burst 20",
        "120 a minute, burst 20",
    )
    assert (line.until, line.changes_at) == (None, None)


def test_a_raise_says_until_when_and_what_then(studio: Organization) -> None:
    put(studio, rate(600))
    put(studio, rate(900), ends_at=NOON + 3 * DAY)
    line = lines(studio)["v2 requests"]
    assert (line.said, line.until, line.said_next) == (
        "900 a minute, burst 20",
        NOON + 3 * DAY,
        "600 a minute, burst 20",
    )
    assert lines(studio, days=3)["v2 requests"].until is None


def test_a_raise_over_the_plan_gives_way_to_the_plan(studio: Organization) -> None:
    put(studio, rate(900), ends_at=NOON + DAY)
    assert lines(studio)["v2 requests"].said_next == "120 a minute, burst 20"


def test_what_is_to_come_is_said(studio: Organization) -> None:
    put(studio, rate(900), starts_at=NOON + DAY)
    line = lines(studio)["v2 requests"]
    assert (line.own, line.changes_at, line.said_next) == (None, NOON + DAY, "900 a minute, burst 20")


def test_what_has_only_begun_to_be_planned_has_a_line_too(studio: Organization) -> None:
    put(studio, Change(JOBS, limit=4), starts_at=NOON + DAY)
    line = lines(studio)["Running jobs"]
    assert (line.counts, line.source, line.said, line.said_next) == (None, "", "no limit", "4 jobs")


def test_a_base_that_is_replaced_later_is_not_temporary(studio: Organization) -> None:
    put(studio, rate(600))
    put(studio, rate(900), starts_at=NOON + DAY)
    line = lines(studio)["v2 requests"]
    assert (line.until, line.changes_at, line.said_next) == (None, NOON + DAY, "900 a minute, burst 20")


def test_what_keys_have_besides_is_named(studio: Organization) -> None:
    key = KeyFactory(organization=studio, name="prod")
    put(key, rate(30))
    line = lines(studio)["v2 requests"]
    assert [(rule.key, rule.limit) for rule in line.of_keys] == [(key, 30)]
    assert line.said == "120 a minute, burst 20"


def test_other_organizations_and_past_rules_are_not_in_it(
    studio: Organization, other_organization: Organization, at_noon: time_machine.Traveller
) -> None:
    put(other_organization, Change(JOBS, limit=4))
    put(studio, Change(JOBS, limit=4), ends_at=NOON + DAY)
    at_noon.move_to(NOON + 2 * DAY)
    assert list(lines(studio, days=2)) == ["v1 requests", "v2 requests"]


def _table(studio: Organization) -> list[Line]:
    return effective.of(studio, at=NOON)


def test_the_table_costs_two_statements(studio: Organization, django_assert_max_num_queries) -> None:
    put(studio, rate(600), Change(V1, limit=900, burst=9))
    put(KeyFactory(organization=studio), rate(30))
    with django_assert_max_num_queries(2):
        shown = [(line.source, line.until, [str(rule.key) for rule in line.of_keys]) for line in _table(studio)]
    assert [(source, len(keys)) for source, _, keys in shown] == [("this organization", 0), ("this organization", 1)]


def test_rates_come_first_then_jobs_then_windows(studio: Organization) -> None:
    put(studio, Change(MONTH, limit=10), Change(JOBS, limit=4))
    assert [line.slot for line in effective.of(studio, at=NOON)] == [V1, V2, JOBS, MONTH]
