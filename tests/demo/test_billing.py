"""The demo's bills: final statements, and something for everybody who answers for them."""

from io import StringIO

from django.core.management import call_command

from metering.models import AdjustmentRequest, BillingPeriod, PeriodCheck, RejectedGeneration, Statement


def test_past_periods_are_final_with_sound_statements_and_one_waits_for_each_cause(demo: str) -> None:
    final = BillingPeriod.objects.filter(state="final")
    assert final.count() > 80
    assert final.count() == Statement.objects.statements().count()
    assert Statement.objects.filter(total__gt=0).count() > 60
    call_command("verify_statements", stdout=StringIO())
    assert BillingPeriod.objects.exclude(held_at=None).get().organization.slug == "northlight"
    assert PeriodCheck.objects.filter(differing__gt=0).get().period.organization.slug == "vantage"


def test_ledger_and_rollups_agree(demo: str) -> None:
    call_command("verify_usage", stdout=StringIO())


def test_something_waits_to_be_decided(demo: str) -> None:
    assert AdjustmentRequest.objects.waiting().count() == 1
    assert set(RejectedGeneration.objects.values_list("code", flat=True)) == {
        "payload_mismatch", "idempotency_replay", "unknown_key", "timestamp_too_old",
    }  # fmt: skip
