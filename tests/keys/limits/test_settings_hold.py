"""Whatever is set, ended and moved in whatever order: at each instant one rule holds, and it is the right one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Event
from keys import actions, tasks
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.limits.splitting import Setting, slices
from orgs.models import Organization
from tests.cast import ACTOR
from tests.factories import OrganizationFactory

BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)
JOBS = Slot("concurrency")
WHY = {"actor": ACTOR, "reason": "because"}
HORIZON = 60
HOURS = st.integers(0, 12)
STEPS = st.one_of(
    st.tuples(st.just("wait"), HOURS, HOURS),
    st.tuples(st.just("set"), HOURS, st.none() | st.integers(1, 12)),
    st.tuples(st.just("remove"), HOURS, st.none()),
    st.tuples(st.just("end"), st.integers(0, 9), st.none()),
    st.tuples(st.just("move"), st.integers(0, 9), HOURS),
    st.tuples(st.just("sweep"), st.none(), st.none()),
)


@dataclass
class Studio:
    """What was set of one organization, in the plainest way: a list, of which the last that covers a time counts."""

    organization: Organization
    now: int = 0
    set: dict[int, Setting] = field(default_factory=dict)
    passed: dict[int, int | None] = field(default_factory=dict)

    def at(self, hour: int) -> datetime:
        return BEGIN + hour * HOUR

    def value(self, hour: int) -> int | None:
        return max((one.id for one in self.set.values() if one.covers(self.at(hour))), default=None)

    def wait(self, hours: int) -> None:
        for hour in range(self.now, self.now + hours):
            self.passed[hour] = self.value(hour)
        self.now += hours

    def until(self, setting: Setting, hour: int) -> None:
        left = setting.until(self.at(hour))
        if left:
            self.set[setting.id] = left
        else:
            del self.set[setting.id]


def _set(studio: Studio, ahead: int, length: int | None) -> None:
    start = studio.now + ahead
    end = None if length is None else start + length
    number = len(LimitRule.objects.all()) + 1_000 + studio.now
    rules = actions.set_limits(
        organization=studio.organization,
        changes=[Change(JOBS, limit=number)],
        starts_at=studio.at(start) if ahead else None,
        ends_at=None if end is None else studio.at(end),
        **WHY,
    )
    for rule in rules:
        studio.set[rule.pk] = Setting(rule.pk, studio.at(start), None if end is None else studio.at(end))


def _remove(studio: Studio, ahead: int, _: None) -> None:
    hour = studio.now + ahead
    actions.set_limits(
        organization=studio.organization,
        changes=[Change(JOBS, remove=True)],
        starts_at=studio.at(hour) if ahead else None,
        **WHY,
    )
    for setting in list(studio.set.values()):
        studio.until(setting, hour)


def _any_row(studio: Studio, number: int) -> LimitRule | None:
    rows = list(studio.organization.limits.order_by("id"))
    return rows[number % len(rows)] if rows else None


def _is_over(studio: Studio, setting: Setting | None) -> bool:
    return setting is None or (setting.end is not None and setting.end <= studio.at(studio.now))


def _end(studio: Studio, number: int, _: None) -> None:
    row = _any_row(studio, number)
    if row is None:
        return
    setting = studio.set.get(row.continues_id or row.pk)
    now = studio.at(studio.now)
    refused = _is_over(studio, setting) or (setting is not None and setting.start <= now and setting.end is None)
    if _refuses(lambda: actions.end_limit(rule=row, **WHY)):
        assert refused
    elif setting is not None:
        assert not refused
        studio.until(setting, studio.now)


def _move(studio: Studio, number: int, ahead: int) -> None:
    row = _any_row(studio, number)
    if row is None:
        return
    setting, end = studio.set.get(row.continues_id or row.pk), studio.at(studio.now + ahead)
    fits = not _is_over(studio, setting) and setting is not None and setting.end is not None
    fits = fits and setting is not None and end > max(studio.at(studio.now), setting.start)
    if _refuses(lambda: actions.move_limit_end(rule=row, ends_at=end, **WHY)):
        assert not fits
    elif setting is not None:
        assert fits
        studio.set[setting.id] = replace(setting, end=end)


def _refuses(act: Callable[[], object]) -> bool:
    try:
        act()
    except ValidationError:
        return True
    return False


def _sweep(studio: Studio, *_: None) -> None:
    tasks.record_limit_changes()
    now = studio.at(studio.now)
    assert not LimitRule.objects.to_record(at=now).exists()
    told = Event.objects.filter(actor_type="system", verb__startswith="limit.").count()
    tasks.record_limit_changes()
    assert Event.objects.filter(actor_type="system", verb__startswith="limit.").count() == told


def _check(studio: Studio) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    rows = [row for row in studio.organization.limits.all() if not row.effective.isempty]
    for hour in range(studio.now + HORIZON):
        holding = [row.continues_id or row.pk for row in rows if studio.at(hour) in row.effective]
        expected = studio.passed[hour] if hour < studio.now else studio.value(hour)
        assert holding == ([] if expected is None else [expected]), (hour, studio.now)


DO: dict[str, Callable[..., None]] = {"set": _set, "remove": _remove, "end": _end, "move": _move, "sweep": _sweep}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=2, max_size=12))
def test_one_rule_holds_at_each_instant_and_the_past_stays(db: None, steps: list[tuple[str, int, int | None]]) -> None:
    with transaction.atomic(), time_machine.travel(BEGIN, tick=False) as clock:
        studio = Studio(OrganizationFactory())
        for kind, first, second in steps:
            if kind == "wait":
                studio.wait(first)
                clock.move_to(studio.at(studio.now))
            else:
                DO[kind](studio, first, second)
            _check(studio)
        transaction.set_rollback(True)


MOMENTS = st.integers(0, 30).map(lambda hour: BEGIN + hour * HOUR)


@given(
    spans=st.lists(st.tuples(MOMENTS, st.none() | st.integers(1, 20).map(lambda hours: hours * HOUR)), max_size=8),
    since=MOMENTS,
)
def test_slices_follow_each_other_and_the_last_setting_is_above(
    spans: list[tuple[datetime, timedelta | None]], since: datetime
) -> None:
    listed = [Setting(n, start, None if length is None else start + length) for n, (start, length) in enumerate(spans)]
    found = slices(listed, since=since)
    assert all(one.end is not None and one.end <= two.start for one, two in pairwise(found))
    assert all(one.end is None or one.start < one.end for one in found)
    for hour in range(70):
        at = since + hour * HOUR / 2
        above = [one.id for one in listed if one.covers(at)]
        holding = [one.id for one in found if one.start <= at and (one.end is None or at < one.end)]
        assert holding == above[-1:]
