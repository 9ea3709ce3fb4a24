"""`manage.py verify_usage`: each row of a rollup that is not what the ledger adds up to is named."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from keys.models import KeySecret
from metering import summing
from metering.models import DaySum, UsageDay, UsageHour
from tests.metering.conftest import Report, generation, put, reporting

SOUND = "The rollups are what the ledger adds up to.\n"


@pytest.fixture
def report(db: None, now: datetime) -> Report:
    """Reports, after which these tests change the rollups by hand."""
    return reporting(now)


def verify(*arguments: str) -> tuple[str, int]:
    """Run the command; returns what it prints, and its exit status."""
    out, status = StringIO(), 0
    try:
        call_command("verify_usage", *arguments, stdout=out, stderr=StringIO())
    except SystemExit as ended:
        status = int(str(ended.code))
    return out.getvalue(), status


def test_without_a_difference_it_says_so(live: KeySecret, hers: KeySecret, now: datetime, report: Report) -> None:
    assert verify() == (SOUND, 0)
    report(*(generation(secret, now - n * timedelta(hours=30)) for secret in (live, hers) for n in range(9)))
    assert verify() == (SOUND, 0)


def test_it_names_what_is_missing_and_what_is_too_much(live: KeySecret, now: datetime, report: Report) -> None:
    report(generation(live, now, units=3), generation(live, now, aspect_ratio="16:9"))
    UsageHour.objects.filter(aspect_ratio="16:9").update(generations=4)
    UsageDay.objects.filter(aspect_ratio="").update(units=0)
    told, status = verify()
    who, period = live.key.organization.uid, f"period {now:%Y-%m}, {live.key.uid} live v2 succeeded 2K"
    assert status == 1
    hourly, daily = told.splitlines()
    ledger, hour = "the ledger has 1 generations of 1 units", "the hourly row has 4 generations of 1 units"
    assert hourly == f"{now:%F %H}:00 UTC {who}, {period} 16:9 dedicated: {ledger}, {hour}"
    ledger, day = "the ledger has 1 generations of 3 units", "the daily row has 1 generations of 0 units"
    assert daily == f"{now:%F} {who}, {period} dedicated: {ledger}, {day}"


def test_a_sum_of_a_day_that_is_wrong_is_named(live: KeySecret, now: datetime, report: Report) -> None:
    report(generation(live, now - timedelta(days=3), units=3))
    summing.run(now=now)
    assert verify() == (SOUND, 0)
    DaySum.objects.filter(told="resolution").update(v2=4)
    told, status = verify()
    assert (status, len(told.splitlines())) == (1, 1)
    says = (
        "live resolution 2K UTC: the hours have 1 generations of 3 units, the summed row has 4 generations of 3 units"
    )
    assert says in told
    DaySum.objects.update(v2=1)


def test_a_period_is_looked_at_alone(live: KeySecret, hers: KeySecret, now: datetime, report: Report) -> None:
    report(generation(live, now), generation(hers, now))
    UsageHour.objects.filter(organization=hers.key.organization).update(generations=7)
    assert verify("--period", f"{live.key.organization.uid}/{now:%Y-%m}") == (SOUND, 0)
    assert verify("--period", f"{hers.key.organization.uid}/{now:%Y-%m}")[1] == 1


def test_a_late_one_is_named_with_both_periods(live: KeySecret, now: datetime, report: Report) -> None:
    organization = live.key.organization
    put(organization, f"{now:%Y-%m}", "final")
    report(generation(live, now))
    assert verify() == (SOUND, 0)
    later = organization.billing_periods.order_by("span").last()
    UsageHour.objects.update(units=5)
    told, status = verify("--period", f"{organization.uid}/{later}")
    assert (status, f"period {later} (of {now:%Y-%m})" in told) == (1, True)


def test_an_unknown_period_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="There is no billing period “org_x/2026-11”"):
        verify("--period", "org_x/2026-11")
    with pytest.raises(CommandError, match="There is no billing period “nonsense”"):
        verify("--period", "nonsense")
