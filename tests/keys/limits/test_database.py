"""What must always be true of limits is held by the database, whoever writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from keys.limits.rules import LimitRule
from orgs.models import Organization
from tests.factories import RuleFactory

WINDOW: dict[str, Any] = {"kind": "window", "window": "month", "period_s": None, "burst": None}
JOBS: dict[str, Any] = {"kind": "concurrency", "period_s": None, "burst": None}


def write(studio: Organization, **fields: Any) -> LimitRule:
    with transaction.atomic():
        rule: LimitRule = RuleFactory(organization=studio, **fields)
    return rule


@pytest.mark.parametrize(
    "fields",
    [
        {"burst": None},
        {"period_s": None},
        {"burst": 1_001},
        {"limit": 0},
        {"window": "day"},
        {"overage_allowance": 1},
        {**WINDOW, "window": None},
        {**WINDOW, "period_s": 60},
        {**WINDOW, "burst": 1},
        {**JOBS, "burst": 1},
        {**JOBS, "period_s": 60},
        {**JOBS, "window": "day"},
        {**JOBS, "dimension": "generations"},
        {**JOBS, "overage_allowance": 1},
        {"warn_at": [70]},
        {"effective": DateTimeTZRange(None, None, "[)")},
        {"counts_since": timezone.now()},
        {**WINDOW, "counts_since": timezone.now()},
    ],
)
def test_a_rule_that_is_neither_one_kind_nor_the_other_is_refused(studio: Organization, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        write(studio, **fields)


@pytest.mark.parametrize(
    "fields", [WINDOW, {**WINDOW, "overage_allowance": 5, "warn_at": [50, 100]}, JOBS, {**WINDOW, "limit": 0}]
)
def test_windows_and_running_jobs_are_kept(studio: Organization, fields: dict[str, Any]) -> None:
    assert write(studio, **fields).pk


def test_two_rules_of_one_slot_never_hold_at_once(studio: Organization) -> None:
    write(studio, **WINDOW)
    with pytest.raises(IntegrityError, match="one_active_rule_per_slot"):
        write(studio, **WINDOW)


def test_a_day_and_a_month_are_two_slots_and_so_are_two_dimensions(studio: Organization) -> None:
    for fields in ({"window": "day"}, {"window": "term"}, {"dimension": "units"}, {"api_version": None}):
        write(studio, **{**WINDOW, **fields})
    assert len(set(studio.limits.values_list("slot", flat=True))) == 4


def test_what_was_withdrawn_is_in_nobody_s_way(studio: Organization) -> None:
    for _ in range(2):
        write(studio, effective=DateTimeTZRange(empty=True))
    assert write(studio).pk


@pytest.mark.parametrize("change", [{"limit": 1}, {"ended_at": timezone.now()}, {"asked": None, "name": "x"}])
def test_no_rule_changes_without_an_event_that_names_its_owner(studio: Organization, change: dict[str, Any]) -> None:
    rule = write(studio)
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        LimitRule.objects.filter(pk=rule.pk).update(**change)


def test_nobody_deletes_a_rule(studio: Organization) -> None:
    rule = write(studio)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        LimitRule.objects.filter(pk=rule.pk).delete()


def test_the_sweep_looks_for_what_time_has_changed(studio: Organization) -> None:
    now = timezone.now()
    hour = timedelta(hours=1)
    past, future = DateTimeTZRange(now - 2 * hour, now - hour, "[)"), DateTimeTZRange(now + hour, None, "[)")
    over = write(studio, effective=past)
    write(studio, effective=future)
    write(studio, api_version="v1")
    assert list(LimitRule.objects.to_record(at=now)) == [over]
    assert LimitRule.objects.to_record(at=now + 2 * hour).count() == 2
