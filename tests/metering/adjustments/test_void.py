"""A void takes one generation off the bill, once, after two people have agreed."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import Event
from keys.limits import calls
from keys.limits.windows import Window
from keys.models import KeySecret
from metering import actions, agreement, control_totals, drafts, quotas, usage
from metering.models import Adjustment, AdjustmentRequest, BillingPeriod, UsageDay, UsageHour
from orgs.models import Organization, Staff
from tests.metering.adjustments.conftest import BEA, WHY, approve, asked, close, reported
from tests.metering.conftest import Report, rollups_equal_the_ledger

HOUR = timedelta(hours=1)


def counted(period: BillingPeriod | None) -> tuple[int, int]:
    """Generations and cost units of a period by the day's rollup, which the hour's must equal."""
    days, hours = (
        (sum(row.generations for row in rows), sum(row.units for row in rows))
        for rows in (UsageDay.objects.filter(period=period), UsageHour.objects.filter(period=period))
    )
    assert days == hours
    return days


def test_it_takes_the_generation_off_the_row_that_counted_it(
    report: Report, live: KeySecret, now: datetime, period: BillingPeriod, billing: Staff, administrator: Staff
) -> None:
    reported(report, live, now, units=5)
    found = reported(report, live, now, units=3, aspect_ratio="16:9", resolution="4K")
    made = approve(asked(found, billing), administrator, now)
    assert counted(period) == (1, 5)
    assert (made.number, made.kind, made.generation_id, made.units) == ("ADJ-0001", "void", found.pk, 3)
    assert (made.period, made.original_period) == (period, None)
    assert (made.resolution, made.aspect_ratio, made.key_id) == ("4K", "16:9", live.key_id)
    assert (made.requested_by, made.approved_by) == ("Bea", "Ada")
    row = UsageHour.objects.get(resolution="4K", aspect_ratio="16:9")
    assert (row.generations, row.units, row.hour) == (0, 0, made.hour)
    assert rollups_equal_the_ledger()


@pytest.mark.parametrize("state", ["closing", "final"])
def test_where_its_period_takes_no_more_it_counts_in_the_next_open_one(
    report: Report,
    live: KeySecret,
    now: datetime,
    period: BillingPeriod,
    later: BillingPeriod,
    billing: Staff,
    administrator: Staff,
    state: str,
) -> None:
    found = reported(report, live, now, units=3)
    request = asked(found, billing)
    close(period, state)
    made = approve(request, administrator, now)
    assert (made.period, made.original_period) == (later, period)
    assert counted(period) == (1, 3)
    assert counted(later) == (-1, -3)
    row = UsageDay.objects.get(period=later)
    assert row.original_period == period
    request.refresh_from_db()
    assert (request.period, request.original_period) == (later, period)
    assert rollups_equal_the_ledger()


def test_a_line_says_whether_its_own_generations_were_late_or_voided(
    report: Report,
    live: KeySecret,
    now: datetime,
    period: BillingPeriod,
    later: BillingPeriod,
    billing: Staff,
    administrator: Staff,
) -> None:
    requests = [asked(reported(report, live, now, resolution=size), billing) for size in ("2K", "8K")]
    close(period, "final")
    for request in requests:
        approve(request, administrator, now)
    for size in ("4K", "8K", "8K"):
        reported(report, live, now, resolution=size)
    lines = drafts.draft(later).lines
    said = [(one.note.split(",")[1], one.kind, one.name.partition(" generations")[0], one.quantity) for one in lines]
    assert sorted(said) == [
        (" 2K", "void", "Voided", -1),
        (" 4K", "late", "Late", 1),
        (" 8K", "late", "Late and voided", 1),
    ]


def test_a_void_of_a_late_one_keeps_the_period_that_it_is_about(
    report: Report,
    live: KeySecret,
    now: datetime,
    period: BillingPeriod,
    later: BillingPeriod,
    billing: Staff,
    administrator: Staff,
) -> None:
    close(period, "final")
    found = reported(report, live, now)
    assert (found.period, found.original_period) == (later, period)
    made = approve(asked(found, billing), administrator, now)
    assert (made.period, made.original_period) == (later, period)
    assert counted(later) == (0, 0)
    assert not UsageDay.objects.exclude(generations=0).exists()


def test_without_a_later_period_it_is_refused(
    report: Report, live: KeySecret, now: datetime, halide: Organization, billing: Staff, administrator: Staff
) -> None:
    request = asked(reported(report, live, now), billing)
    for one in halide.billing_periods.all():
        close(one, "closing")
    with pytest.raises(ValidationError, match="takes no more"):
        approve(request, administrator, now)
    assert not Adjustment.objects.exists()


def test_what_no_contract_covers_is_taken_off_what_is_parked(
    report: Report, live: KeySecret, now: datetime, billing: Staff, administrator: Staff, halide: Organization
) -> None:
    before = halide.billing_periods.order_by("span")[0].span.lower - HOUR
    found = reported(report, live, before)
    assert found.period is None
    assert approve(asked(found, billing), administrator, now).period is None
    assert counted(None) == (0, 0)


def test_nobody_approves_their_own(report: Report, live: KeySecret, now: datetime, administrator: Staff) -> None:
    request = asked(reported(report, live, now), administrator)
    for act in (actions.approve_adjustment, actions.decline_adjustment):
        with pytest.raises(ValidationError, match="Nobody decides"):
            act(request=request, decider=administrator, actor=BEA, now=now, reason="Mine")


def test_nor_by_the_database(report: Report, live: KeySecret, now: datetime, administrator: Staff) -> None:
    request = asked(reported(report, live, now), administrator)
    mine = AdjustmentRequest.objects.filter(pk=request.pk)
    with pytest.raises(IntegrityError, match="nobody_decides"), transaction.atomic():
        mine.update(state="approved", decided_by=administrator, decided_at=now)
    with pytest.raises(IntegrityError, match="nobody_decides"), transaction.atomic():
        mine.update(state="withdrawn", decided_at=now)


def test_a_decided_request_is_never_decided_again(
    report: Report, live: KeySecret, now: datetime, billing: Staff, administrator: Staff
) -> None:
    request = asked(reported(report, live, now), billing)
    approve(request, administrator, now)
    with pytest.raises(ValidationError, match="approved"):
        approve(request, administrator, now)
    assert Adjustment.objects.count() == 1


def test_a_generation_is_voided_once(
    report: Report, live: KeySecret, now: datetime, billing: Staff, administrator: Staff
) -> None:
    found = reported(report, live, now)
    request = asked(found, billing)
    with pytest.raises(ValidationError, match="has asked for this already"):
        asked(found, administrator)
    approve(request, administrator, now)
    with pytest.raises(ValidationError, match="ADJ-0001"):
        asked(found, administrator)


def test_what_was_declined_may_be_asked_again(
    report: Report, live: KeySecret, now: datetime, billing: Staff, administrator: Staff, period: BillingPeriod
) -> None:
    found = reported(report, live, now)
    actions.decline_adjustment(request=asked(found, billing), decider=administrator, actor=BEA, now=now, reason="No")
    assert counted(period) == (1, 1)
    again = asked(found, billing)
    actions.withdraw_adjustment(request=again, asker=billing, actor=BEA, now=now)
    assert approve(asked(found, billing), administrator, now).number == "ADJ-0001"


def test_only_who_asked_withdraws(
    report: Report, live: KeySecret, now: datetime, billing: Staff, administrator: Staff
) -> None:
    request = asked(reported(report, live, now), billing)
    with pytest.raises(ValidationError, match="Bea asked"):
        actions.withdraw_adjustment(request=request, asker=administrator, actor=BEA, now=now)


def test_what_is_not_billed_is_not_voided(
    report: Report, live: KeySecret, sandbox: KeySecret, now: datetime, billing: Staff
) -> None:
    with pytest.raises(ValidationError, match="failed"):
        asked(reported(report, live, now, outcome="failed"), billing)
    with pytest.raises(ValidationError, match="test key"):
        asked(reported(report, sandbox, now), billing)


def test_it_is_written_down_who_asked_and_who_approved(
    report: Report, live: KeySecret, now: datetime, billing: Staff, administrator: Staff
) -> None:
    found = reported(report, live, now)
    request = asked(found, billing)
    approve(request, administrator, now)
    first, second = Event.objects.filter(verb__startswith="adjustment.").order_by("id")
    assert (first.verb, first.target_id, first.reason, first.ticket) == (
        "adjustment.asked", request.uid, WHY["reason"], "SUP-7",
    )  # fmt: skip
    assert (second.verb, second.approval, second.detail["number"]) == ("adjustment.approved", request.uid, "ADJ-0001")
    assert str(found.pk) in second.names


def test_what_was_asked_and_what_was_adjusted_stay_as_they_are(
    report: Report, live: KeySecret, now: datetime, billing: Staff, administrator: Staff
) -> None:
    request = asked(reported(report, live, now), billing)
    mine = AdjustmentRequest.objects.filter(pk=request.pk)
    with pytest.raises(DatabaseError, match=r"permission denied|stays as it is"), transaction.atomic():
        mine.update(reason="Another one")
    approve(request, administrator, now)
    with pytest.raises(DatabaseError, match="is decided"), transaction.atomic():
        mine.update(state="declined")
    for statement in (
        "UPDATE metering_adjustment SET text = 'x'",
        "DELETE FROM metering_adjustment",
        "TRUNCATE metering_adjustment CASCADE",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_counts_of_limits_and_of_any_time_follow(
    report: Report, live: KeySecret, now: datetime, billing: Staff, administrator: Staff, halide: Organization
) -> None:
    reported(report, live, now, units=5)
    approve(asked(reported(report, live, now, units=3), billing), administrator, now)
    ends = [now - timedelta(minutes=1), now + timedelta(minutes=1)]
    tally = usage.between(halide, *ends, environment="live")
    assert (tally.generations, tally.cost_units) == (1, 5)
    start, end = map(calls.microseconds, ends)
    windows = [Window(halide.pk, by, "", start, end) for by in ("generations", "units")]
    assert quotas.sums(windows).used == [1, 5]
    day = timedelta(days=1)
    start, end = map(calls.microseconds, (now - 2 * day, now + 2 * day))
    windows = [Window(halide.pk, by, "", start, end) for by in ("generations", "units")]
    assert quotas.sums(windows).used == [1, 5]


def test_the_gateway_s_counts_still_match(
    report: Report, live: KeySecret, now: datetime, period: BillingPeriod, billing: Staff, administrator: Staff
) -> None:
    found = reported(report, live, now)
    total = control_totals.Total(agreement._floor(now), period.organization.uid, "v2", 1)
    control_totals.keep([total], source="gw-eu-1", complete_through=period.span.upper, gateway="gw", now=now)
    assert agreement.of_period(period).matches
    approve(asked(found, billing), administrator, now)
    assert agreement.of_period(period).matches
