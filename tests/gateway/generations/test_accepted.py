"""accepted: committed and counted before the answer is written."""

from datetime import timedelta

import pytest
from django.utils import timezone

from axis_admin.gateway import metrics
from axis_admin.gateway.serializers.generations import GenerationsAnswerSerializer
from keys.models import KeySecret
from metering.models import Generation, UsageHour
from orgs.models import Organization
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway
from tests.gateway.generations.conftest import Report, generation, stored


def test_a_generation_is_counted(report: Report, secret: KeySecret) -> None:
    item = generation(secret)
    (result,) = report(item)
    assert (result["index"], result["generation_id"]) == (0, item["generation_id"])
    assert (result["status"], result["code"], result["fields"], result["retryable"]) == ("accepted", None, [], False)
    assert result["period"] == f"{timezone.now():%Y-%m}"
    assert Generation.objects.get().organization_id == secret.key.organization.pk
    assert UsageHour.objects.get().generations == 1


def test_every_field_of_the_contract_is_there(calling: Gateway, secret: KeySecret) -> None:
    batch = {"source": "gw-eu-1", "generations": [generation(secret), generation(secret, units=0), "no object"]}
    answer = calling.post("generations", batch).json()
    checked = GenerationsAnswerSerializer(data=answer)
    assert checked.is_valid(), checked.errors
    assert answer["summary"] == {"accepted": 1, "accepted_late": 0, "duplicate": 0, "conflict": 0, "rejected": 2}
    assert {tuple(result) for result in answer["results"]} == {
        ("index", "generation_id", "status", "code", "fields", "retryable", "period", "received_at")
    }


def test_a_batch_is_answered_in_its_order(report: Report, secret: KeySecret) -> None:
    now = timezone.now()
    items = [generation(secret, now - timedelta(minutes=minutes)) for minutes in (5, 1, 9, 3)]
    results = report(*items)
    assert [one["index"] for one in results] == [0, 1, 2, 3]
    assert [one["generation_id"] for one in results] == [item["generation_id"] for item in items]


@pytest.mark.parametrize("size", [1, 1_000])
def test_a_batch_may_have_up_to_a_thousand(report: Report, secret: KeySecret, size: int) -> None:
    assert {one["status"] for one in report(*[generation(secret) for _ in range(size)])} == {"accepted"}
    assert stored() == (size, 0)


def test_a_failed_one_is_counted_apart(report: Report, secret: KeySecret) -> None:
    report(generation(secret), generation(secret, outcome="failed", failure_cause="engine"))
    assert dict(UsageHour.objects.values_list("outcome", "generations")) == {"succeeded": 1, "failed": 1}


def test_usage_is_never_refused_by_policy(report: Report, customer: Organization) -> None:
    key_states = SecretFactory(key__organization=customer, key__state="revoked")
    versions = SecretFactory(key__organization=customer, key__api_versions=["v1"])
    retired = SecretFactory(key=versions.key, state="retired")
    suspended = SecretFactory(key__organization__status="suspended")
    results = report(*(generation(one) for one in (key_states, versions, retired, suspended)))
    assert [one["status"] for one in results] == ["accepted"] * 4


def test_what_no_contract_covers_has_no_period(report: Report) -> None:
    (result,) = report(generation(SecretFactory()))
    assert (result["status"], result["period"]) == ("accepted", None)


def test_what_was_ingested_is_measured(report: Report, secret: KeySecret) -> None:
    counted = metrics.GENERATIONS.labels("accepted")
    before = counted._value.get()
    report(generation(secret), generation(secret))
    report(generation(secret), dry_run=True)
    assert counted._value.get() == before + 2
