"""Closing with real transactions at the same time: one statement, and every generation lands exactly once."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum
from django.utils import timezone

from audit import trail
from metering import advancing, ledger, lifecycle, periods
from metering.models import BillingPeriod, Generation, Statement, UsageDay
from tests.at_once import at_once, outcome
from tests.factories import SecretFactory
from tests.metering.closing.given import NOW, OCTOBER, a_contract, in_review, set_state
from tests.metering.conftest import generation

pytestmark = pytest.mark.django_db(transaction=True)
UTC = ZoneInfo("UTC")
OVERRIDE = {"override_by": "Bea", "override_reason": "no gateway tells its counts here"}


def test_two_sweeps_at_once_issue_each_statement_once() -> None:
    ids = [in_review(a_contract(since=OCTOBER)).pk for _ in range(6)]
    finals = at_once(*[lambda: advancing.advance(ids, now=NOW)] * 3)
    assert sum(finals) == 6
    assert Statement.objects.count() == BillingPeriod.objects.filter(pk__in=ids, state="final").count() == 6


def test_two_people_at_once_make_it_final_once() -> None:
    period = in_review(a_contract(since=OCTOBER))
    act = outcome(lambda: lifecycle.finish_period(period=period, actor=trail.SYSTEM, now=NOW, reason="month end"))
    assert sorted(at_once(act, act)) == ["done", "refused"]
    assert Statement.objects.count() == 1


@pytest.mark.parametrize("by_steps", [False, True])
def test_generations_that_race_a_close_land_exactly_once(by_steps: bool) -> None:
    """Some are on the statement and some are late in the next period: none is in both, and none is lost."""
    now = timezone.now()
    start = periods.month_start(now, UTC)
    contract = a_contract(since=_month_before(start), through=now)
    period = contract.billing_periods.order_by("span").first()
    assert period is not None
    period = set_state(period, "review", review_until=now - timedelta(hours=1), override_at=now, **OVERRIDE)
    secret = SecretFactory(key__organization=period.organization)
    at = period.span.upper - timedelta(hours=1)
    batches = [[generation(secret, at) for _ in range(10)] for _ in range(12)]

    def report(some: list[list[dict[str, object]]]) -> int:
        for batch in some:
            ledger.append(items=batch, source="gw-eu-1", gateway="gwc_test", now=now)
        return 0

    def close() -> int:
        if by_steps:
            lifecycle.begin_closing(period=period, actor=trail.SYSTEM, now=now)
        return advancing.advance([period.pk], now=now)

    at_once(lambda: report(batches[:6]), close, lambda: report(batches[6:]))
    advancing.advance([period.pk], now=now)
    statement = Statement.objects.get(period=period)
    inside = Generation.objects.filter(period=period)
    late = Generation.objects.filter(original_period=period).exclude(period=period)
    assert inside.count() + late.count() == Generation.objects.count() == 120
    assert not inside.filter(late=True).exists()
    assert not late.filter(late=False).exists()
    checks = json.loads(statement.document)["checks"]
    assert checks["ledger"] == checks["lines"] == inside.count()
    counted = UsageDay.objects.filter(period=period).aggregate(sum=Sum("generations"))["sum"] or 0
    assert counted == inside.count()


def _month_before(start: datetime) -> datetime:
    return periods.month_start(start - timedelta(days=1), UTC)
