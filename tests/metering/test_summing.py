"""Days that are over are summed; whoever counts into one of them afterwards says so, and it is summed anew."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection, transaction

from keys.models import KeySecret
from metering import summing, tasks
from metering.explorer.dimensions import BY_NAME
from metering.models import DaySum, StaleDay, SummedUsage, UsageHour
from orgs.models import Organization, Staff
from tests.factories import record_fixture
from tests.metering.adjustments.conftest import approve, asked, reported
from tests.metering.conftest import Report, generation, midday, rollups_equal_the_ledger

Together = Callable[[Callable[[int], object]], list[object]]


def move(organization: Organization, zone: str) -> None:
    """Give an organization another time zone."""
    with transaction.atomic():
        record_fixture(organization.uid)
        Organization.objects.filter(pk=organization.pk).update(time_zone=zone)


def told(day: date, by: str = "", zone: str = "UTC") -> dict[str, tuple[int, int, int]]:
    """Return what stands for a UTC day: succeeded ones of v2 and of v1, and failed ones of v2."""
    rows = DaySum.objects.filter(day=day, told=by, zone=zone)
    return {row.value: (row.v2, row.v1, row.failed_v2) for row in rows}


def test_a_day_is_summed_by_one_thing_each(live: KeySecret, sandbox: KeySecret, now: datetime, report: Report) -> None:
    noon = midday(now, days=3)
    report(
        generation(live, noon, units=4, resolution="4K"),
        generation(live, noon, api_version="v1"),
        generation(live, noon, outcome="failed", failure_cause="engine"),
    )
    summing.run(now=now)
    assert told(noon.date()) == {"": (1, 1, 1)}
    assert told(noon.date(), "resolution") == {"2K": (0, 1, 1), "4K": (1, 0, 0)}
    assert told(noon.date(), "key") == {str(live.key.pk): (1, 1, 1)}
    assert told(noon.date(), "cause") == {"": (1, 1, 0), "engine": (0, 0, 1)}
    whole = DaySum.objects.get(day=noon.date(), told="")
    assert (whole.units_v2, whole.units_v1, whole.ours_v2, whole.ours_v1) == (4, 1, 1, 0)


def test_what_tells_apart_are_dimensions_of_the_explorer() -> None:
    assert {name: BY_NAME[name].column for name in summing.TOLD} == summing.TOLD


def test_the_present_day_is_not_summed_and_marks_nothing(live: KeySecret, now: datetime, report: Report) -> None:
    summing.run(now=now)
    report(generation(live, now))
    summing.run(now=now)
    assert (DaySum.objects.count(), StaleDay.objects.count()) == (0, 0)
    assert SummedUsage.objects.get(organization=live.key.organization).through == summing.last_day(now)


def test_a_day_settles_for_two_hours_after_its_end() -> None:
    midnight = datetime.fromisoformat("2026-11-24T00:00:00Z")
    assert summing.last_day(midnight + timedelta(hours=1, minutes=59)) == date(2026, 11, 22)
    assert summing.last_day(midnight + timedelta(hours=2)) == date(2026, 11, 23)


def test_what_comes_late_marks_its_day_until_it_is_summed_anew(live: KeySecret, now: datetime, report: Report) -> None:
    noon = midday(now, days=3)
    report(generation(live, noon))
    tasks.sum_days()
    report(generation(live, noon), generation(live, noon), generation(live, now))
    assert list(StaleDay.objects.values_list("organization", "day")) == [(live.key.organization_id, noon.date())]
    assert told(noon.date()) == {"": (1, 0, 0)}
    tasks.sum_days()
    assert (told(noon.date()), StaleDay.objects.count()) == ({"": (3, 0, 0)}, 0)


def test_a_second_report_of_an_id_marks_nothing(live: KeySecret, now: datetime, report: Report) -> None:
    said = generation(live, midday(now, days=3))
    report(said)
    summing.run(now=now)
    report(said)
    assert not StaleDay.objects.exists()


def test_usage_before_the_first_summed_day_is_summed_too(live: KeySecret, now: datetime, report: Report) -> None:
    report(generation(live, midday(now, days=3)))
    summing.run(now=now)
    report(generation(live, midday(now, days=20)))
    summing.run(now=now)
    assert told(midday(now, days=20).date()) == {"": (1, 0, 0)}


def test_a_void_marks_its_day(
    live: KeySecret, now: datetime, report: Report, billing: Staff, administrator: Staff
) -> None:
    gone = reported(report, live, midday(now, days=3))
    summing.run(now=now)
    approve(asked(gone, billing), administrator, now)
    assert StaleDay.objects.get().day == midday(now, days=3).date()
    summing.run(now=now)
    assert told(midday(now, days=3).date()) == {"": (0, 0, 0)}


def test_days_are_told_by_the_zone_of_the_organization_too(live: KeySecret, now: datetime, report: Report) -> None:
    move(live.key.organization, "Asia/Kathmandu")
    noon = midday(now, days=3)
    report(generation(live, noon), generation(live, noon + timedelta(hours=9)))
    summing.run(now=now)
    rows = DaySum.objects.filter(told="").values_list("zone", "day", "local_day", "v2")
    day, after = noon.date(), noon.date() + timedelta(days=1)
    assert set(rows) == {
        ("UTC", day, day, 2), ("Asia/Kathmandu", day, day, 1), ("Asia/Kathmandu", day, after, 1),
    }  # fmt: skip


def test_another_zone_begins_anew(live: KeySecret, now: datetime, report: Report) -> None:
    report(*(generation(live, midday(now, days=days)) for days in (3, 12, 30)))
    summing.run(now=now)
    move(live.key.organization, "America/Sao_Paulo")
    summing.run(now=now)
    zones = DaySum.objects.filter(told="").values_list("zone", flat=True)
    assert sorted(zones) == ["America/Sao_Paulo"] * 3 + ["UTC"] * 3
    assert rollups_equal_the_ledger()


def test_a_sum_that_is_wrong_is_found(live: KeySecret, now: datetime, report: Report) -> None:
    report(generation(live, midday(now, days=3)))
    summing.run(now=now)
    for change in ({"v2": 7}, {"ours_v1": 1}, {"local_day": date(2020, 1, 1)}, {"value": "4K"}):
        kept = DaySum.objects.filter(told="resolution")
        before = kept.values().get()
        kept.update(**change)
        assert not rollups_equal_the_ledger()
        kept.update(**before)
    assert rollups_equal_the_ledger()


@pytest.mark.django_db(transaction=True)
def test_several_workers_and_batches_together_leave_each_day_once(
    transactional_db: None, live: KeySecret, now: datetime, report: Report, together: Together
) -> None:
    report(*(generation(live, midday(now, days=days)) for days in range(1, 16)))

    def work(number: int) -> None:
        for days in range(3, 9):
            if number % 2:
                report(generation(live, midday(now, days=days)), generation(live, midday(now, days=15 - days)))
            else:
                summing.run(now=now)

    together(work)
    assert rollups_equal_the_ledger()
    summing.run(now=now)
    assert not StaleDay.objects.exists()
    summed = DaySum.objects.filter(told="").values_list("v2", flat=True)
    hours = UsageHour.objects.filter(hour__date__lte=summing.last_day(now)).values_list("generations", flat=True)
    assert sum(summed) == sum(hours) > 15
    assert rollups_equal_the_ledger()


def test_days_that_were_summed_in_another_way_are_forgotten_and_summed_anew(
    live: KeySecret, now: datetime, report: Report
) -> None:
    noon = midday(now, days=3)
    report(generation(live, noon, outcome="failed"))
    summing.run(now=now)
    # As when a failure without a cause was nobody's.
    DaySum.objects.update(ours_v2=0)
    summing.run(now=now)
    assert not rollups_equal_the_ledger()
    with connection.cursor() as cursor:
        cursor.execute(import_module("metering.migrations.0021_days_are_summed_anew").FORGET)
    summing.run(now=now)
    assert DaySum.objects.get(day=noon.date(), told="").ours_v2 == 1
