"""The database holds what is promised about how a period ends."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from metering.models import BillingPeriod
from orgs.models import Organization
from tests.factories import record_fixture

NOW = datetime(2026, 12, 4, tzinfo=UTC)
STATES = ["open", "review", "closing", "final"]


@pytest.fixture
def period(halide: Organization) -> BillingPeriod:
    return halide.billing_periods.order_by("span").first()  # type: ignore[return-value]


def _set(period: BillingPeriod, **columns: object) -> None:
    with transaction.atomic():
        record_fixture(period.organization.uid)
        BillingPeriod.objects.filter(pk=period.pk).update(**columns)


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
def test_a_state_only_goes_forward(period: BillingPeriod, before: str, after: str) -> None:
    _set(period, state=before)
    if STATES.index(after) >= STATES.index(before) and before != "final":
        _set(period, state=after)
    else:
        with pytest.raises(DatabaseError) as refused:
            _set(period, state=after)
        assert refused.value.__cause__.sqlstate == "AX012"  # type: ignore[union-attr]
    period.refresh_from_db()
    assert period.state == max(before, after, key=STATES.index)


@pytest.mark.parametrize(
    "columns",
    [{"label": "2020-01"}, {"review_until": NOW}, {"finished_at": None}, {"hold_reason": "x"}, {"contract_id": 0}],
)
def test_a_final_period_stays_as_it_is(period: BillingPeriod, columns: dict[str, object]) -> None:
    _set(period, state="final", finished_at=NOW)
    with pytest.raises(DatabaseError, match="is final: it stays as it is"):
        _set(period, **columns)


def test_no_period_is_removed(period: BillingPeriod) -> None:
    # The application has no right to; whoever has is refused by the trigger.
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM metering_billingperiod WHERE id = %s", [period.pk])


def test_what_a_closing_period_covers_is_fixed(period: BillingPeriod) -> None:
    _set(period, state="closing")
    with pytest.raises(DatabaseError, match="what it covers stays"):
        _set(period, label="2020-01")
    _set(period, state="closing", held_at=NOW, held_by="Bea", hold_reason="a dispute")


@pytest.mark.parametrize(
    "columns",
    [
        {"held_at": NOW},
        {"held_at": NOW, "held_by": "Bea"},
        {"hold_reason": "a dispute"},
        {"override_at": NOW, "override_reason": "we counted by hand"},
        {"override_by": "Bea"},
        {"finished_at": NOW},
    ],
)
def test_holds_and_overrides_are_whole_and_only_what_is_final_is_finished(
    period: BillingPeriod, columns: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError):
        _set(period, **columns)
