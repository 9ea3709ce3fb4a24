"""The demo's verdicts agree with its ledger, and its refusals with their counts."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db.models import Sum

from axis_admin.demo_data.limits import V2
from keys import dry_run
from keys.limits import replay
from keys.limits.rules import LimitRule
from keys.limits.terms import Terms
from keys.models import ApiKey, DecisionHour, Refusal, SecretHour
from keys.verdicts import Code
from metering.models import UsageHour
from orgs.models import Organization

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


def test_only_who_has_a_limit_of_its_own_is_refused_by_one(demo: str) -> None:
    refused = DecisionHour.objects.filter(code=Code.RATE_LIMITED).values("organization")
    assert {one.slug for one in Organization.objects.filter(pk__in=refused)} <= {"halide", "northlight", "palomar"}


def test_what_a_limit_refused_is_explained_by_its_calls(demo: str, begun: datetime) -> None:
    """As it stands it would refuse what it refused; with more room nobody would have been refused."""
    in_all = 0
    for organization in Organization.objects.filter(slug__in=("northlight", "palomar")):
        week = replay.week(organization, at=begun)
        rule = LimitRule.objects.filter(organization=organization).about(V2).at(begun).get()
        present = Terms(V2, rule.limit, rule.burst)
        larger = replace(present, limit=rule.limit * 4, burst=rule.limit * 4)
        (same,), (more,) = (week.what_if([terms], changed=[terms.place]).effects for terms in (present, larger))
        assert (more.before, more.after) == (same.before, 0)
        assert same.after == pytest.approx(same.before, abs=3)
        assert same.most <= rule.limit + (rule.burst or 0)
        in_all += same.before
    assert in_all


def test_a_rotating_key_is_called_from_several_addresses(demo: str, begun: datetime) -> None:
    rotating = ApiKey.objects.filter(secrets__state="overlap")
    assert rotating.count() > 1
    hours = SecretHour.objects.order_by().values("secret__key", "address").distinct()
    assert min(hours.filter(secret__key=key).count() for key in rotating) > 1
    assert any(dry_run.of_ending_overlap(key, begun).calls for key in rotating)
