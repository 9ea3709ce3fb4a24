"""The demo's verdicts agree with its ledger, and its refusals with their counts."""

from datetime import datetime, timedelta

import pytest
from django.db.models import Sum

from keys import dry_run
from keys.models import ApiKey, DecisionHour, Refusal, SecretHour
from keys.verdicts import Code
from metering.models import UsageHour

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]
COUNTED = timedelta(days=30)
SAW = {"PAUSED": "the key is paused", "REVOKED": "the key is revoked", "EXPIRED": "expired "}


def test_what_was_admitted_is_what_was_generated(demo: str, begun: datetime) -> None:
    admitted = DecisionHour.objects.filter(code=Code.VALID).aggregate(calls=Sum("calls"), units=Sum("units"))
    used = UsageHour.objects.filter(hour__gte=begun - COUNTED).aggregate(calls=Sum("generations"), units=Sum("units"))
    assert admitted["calls"] == pytest.approx(used["calls"], rel=0.01)
    assert admitted["units"] == pytest.approx(used["units"], rel=0.01)


def test_refusals_of_several_codes_are_kept_with_their_checks_and_counted(demo: str, begun: datetime) -> None:
    codes = set(Refusal.objects.values_list("code", flat=True))
    assert {"RATE_LIMITED", "PAUSED", "EXPIRED", "REVOKED"} <= codes
    for refusal in Refusal.objects.all():
        failed = [check["code"] for check in refusal.checks if not check["passed"]]
        assert failed == [refusal.code]
        saw = next(check["saw"] for check in refusal.checks if not check["passed"])
        assert saw.startswith(SAW.get(refusal.code, "")), saw
        assert refusal.at < begun
    counted = DecisionHour.objects.exclude(code=Code.VALID).aggregate(calls=Sum("calls"))["calls"]
    assert counted >= Refusal.objects.count() > 20
    assert DecisionHour.objects.filter(code="RATE_LIMITED", limit_name="v2-minute").exists()


def test_a_rotating_key_is_called_from_several_addresses(demo: str, begun: datetime) -> None:
    rotating = ApiKey.objects.filter(secrets__state="overlap")
    assert rotating.count() > 1
    hours = SecretHour.objects.order_by().values("secret__key", "address").distinct()
    assert min(hours.filter(secret__key=key).count() for key in rotating) > 1
    assert any(dry_run.of_ending_overlap(key, begun).calls for key in rotating)
