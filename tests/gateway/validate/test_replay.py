"""The same request id is answered the same, and spends once."""

from typing import Any

import pytest

from keys.models import KeySecret
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway, asked


def test_a_replay_is_answered_the_same_and_spends_once(calling: Gateway, secret: KeySecret) -> None:
    answers = [calling.validate(secret, request_id="r-1", units=3) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["request_id"] == "r-1"
    assert calling.validate(secret, admit=False)["limits"][0]["remaining"] == 19


def test_another_request_id_spends_again(calling: Gateway, secret: KeySecret) -> None:
    one, other = calling.validate(secret, request_id="r-1"), calling.validate(secret, request_id="r-2")
    assert one["decision_id"] != other["decision_id"]
    assert other["limits"][0]["remaining"] == 18


@pytest.mark.parametrize("changed", [{"units": 2}, {"api_version": "v1"}])
def test_other_values_are_a_400_and_spend_nothing(calling: Gateway, secret: KeySecret, changed: dict[str, Any]) -> None:
    calling.validate(secret, request_id="r-1")
    response = calling.post("keys/validate", asked(secret, request_id="r-1", **changed))
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["request_id"]
    assert calling.validate(secret, admit=False)["limits"][0]["remaining"] == 19


def test_another_key_of_the_organization_is_a_400(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret, request_id="r-1")
    other = SecretFactory(key__organization=secret.key.organization)
    assert calling.post("keys/validate", asked(other, request_id="r-1")).status_code == 400


def test_another_gateway_is_a_400(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret, request_id="r-1")
    assert Gateway().post("keys/validate", asked(secret, request_id="r-1")).status_code == 400


def test_the_new_secret_of_the_same_key_is_a_replay(calling: Gateway, secret: KeySecret) -> None:
    old = SecretFactory(key=secret.key, state="overlap")
    before, after = calling.validate(old, request_id="r-1"), calling.validate(secret, request_id="r-1")
    assert before["decision_id"] == after["decision_id"]


def test_a_refusal_is_not_remembered(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(key=secret.key, name="once", limit=1, period_s=86_400, burst=1)
    calling.validate(secret, request_id="r-1")
    refusals = [calling.validate(secret, request_id="r-2") for _ in range(2)]
    assert [one["code"] for one in refusals] == ["RATE_LIMITED"] * 2
    assert refusals[0]["decision_id"] != refusals[1]["decision_id"]
