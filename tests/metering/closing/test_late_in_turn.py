"""What came late of one period into several costs what all of it costs, whichever of them is closed first."""

from decimal import Decimal

import pytest
from django.db import transaction

from audit import trail
from metering import actions, advancing, drafts
from metering.models import BillingPeriod, Statement, UsageDay
from tests.factories import record_fixture
from tests.metering.closing.given import NOW, a_contract, counted, period_of, set_state

pytestmark = pytest.mark.django_db
OVERRIDE = {"override_at": NOW, "override_by": "Bea", "override_reason": "no gateway tells its counts here"}
HELD = {"held_at": NOW, "held_by": "Bea", "hold_reason": "a dispute"}


@pytest.fixture
def months() -> tuple[BillingPeriod, BillingPeriod, BillingPeriod]:
    """August is final, with 50 in 4K; 50 came late into September, 100 into October. After 100 they are cheaper."""
    contract = a_contract()
    august, september, october = (period_of(contract, label) for label in ("2026-08", "2026-09", "2026-10"))
    counted(august, 50, resolution="4K")
    counted(september, 50, resolution="4K", original=august)
    counted(october, 100, resolution="4K", original=august)
    set_state(august, "final")
    reviewed = {"review_until": NOW, **OVERRIDE}
    return august, set_state(september, "review", **reviewed), set_state(october, "review", **reviewed)


def _total(period: BillingPeriod) -> Decimal:
    return Statement.objects.get(period=period).total


def test_what_changes_in_a_held_one_is_charged_after_those_that_are_final(
    months: tuple[BillingPeriod, BillingPeriod, BillingPeriod],
) -> None:
    _, september, october = months
    set_state(september, "review", **HELD)
    advancing.advance([september.pk, october.pk], now=NOW)
    # As if nothing had come into September: 50 were left at the first price.
    assert _total(october) == Decimal("3.40")
    assert drafts.draft(period_of(october.contract, "2026-09")).total == Decimal("1.50")
    with transaction.atomic():
        record_fixture(september.organization.uid)
        UsageDay.objects.filter(period=september).update(generations=0, units=0)
    assert drafts.draft(period_of(october.contract, "2026-09")).total == 0


def test_two_that_are_closed_at_once_charge_what_both_cost(
    months: tuple[BillingPeriod, BillingPeriod, BillingPeriod],
) -> None:
    _, september, october = months
    assert advancing.advance([september.pk, october.pk], now=NOW) == 2
    assert (_total(september), _total(october)) == (Decimal("1.90"), Decimal("3.00"))


def test_a_draft_made_before_another_was_final_is_made_anew(
    months: tuple[BillingPeriod, BillingPeriod, BillingPeriod],
) -> None:
    _, september, october = months
    set_state(september, "closing")
    set_state(october, "closing")
    drafted = drafts.of_periods(months[1:])
    for period in (october, september):
        actions.finish_closing(period=period, actor=trail.SYSTEM, now=NOW, draft=drafted[period.pk])
    assert (_total(october), _total(september)) == (Decimal("3.40"), Decimal("1.50"))
