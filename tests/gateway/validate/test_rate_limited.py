"""RATE_LIMITED."""

from typing import Any

import pytest

from keys.models import KeySecret
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway

# One a day: within a test nothing flows back.
DAY = {"limit": 1, "period_s": 86_400}


@pytest.fixture
def narrow(secret: KeySecret) -> KeySecret:
    """A key that may be used twice."""
    RuleFactory(key=secret.key, name="of the key", burst=2, **DAY)
    return secret


def codes(calling: Gateway, secret: KeySecret, *, times: int, **fields: Any) -> list[str]:
    return [calling.validate(secret, **fields)["code"] for _ in range(times)]


def test_beyond_the_burst_calls_are_refused(calling: Gateway, narrow: KeySecret) -> None:
    assert codes(calling, narrow, times=4) == ["VALID", "VALID", "RATE_LIMITED", "RATE_LIMITED"]


def test_a_refusal_says_which_limit_and_when_to_come_back(calling: Gateway, narrow: KeySecret) -> None:
    codes(calling, narrow, times=2)
    answer = calling.validate(narrow)
    assert (answer["valid"], answer["http_status"], answer["cause"]) == (False, 429, "customer_limit")
    assert (answer["reasons"], answer["violated"], answer["retryable"]) == (["RATE_LIMITED"], ["of the key"], True)
    assert answer["service_tier"] is None
    assert 86_390_000 < answer["retry_after_ms"] <= 86_400_000
    assert int(answer["headers"]["Retry-After"]) == -(-answer["retry_after_ms"] // 1000)
    # A wide limit beside it is told as if nothing had been spent.
    wide, of_key = answer["limits"]
    assert (wide["name"], wide["remaining"], wide["retry_after_ms"]) == ("v2-minute", 18, 0)
    assert (of_key["remaining"], of_key["retry_after_ms"]) == (0, answer["retry_after_ms"])


def test_a_refusal_spends_nothing_of_the_other_limits(calling: Gateway, narrow: KeySecret) -> None:
    codes(calling, narrow, times=10)
    other = SecretFactory(key__organization=narrow.key.organization)
    assert calling.validate(other)["limits"][0]["remaining"] == 17


def test_the_largest_wait_of_the_violated_limits_is_the_answers(calling: Gateway, narrow: KeySecret) -> None:
    RuleFactory(key=narrow.key, name="hourly", burst=2, limit=1, period_s=3_600)
    codes(calling, narrow, times=2)
    answer = calling.validate(narrow)
    assert answer["violated"] == ["of the key", "hourly"]
    assert answer["retry_after_ms"] == max(one["retry_after_ms"] for one in answer["limits"])


def test_a_call_larger_than_the_burst_can_never_pass(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(organization=secret.key.organization, name="units", dimension="units", burst=10)
    answer = calling.validate(secret, units=11)
    assert answer["code"] == "RATE_LIMITED"
    assert (answer["retryable"], answer["retry_after_ms"]) == (False, None)
    assert "Retry-After" not in answer["headers"]


def test_units_are_spent_from_a_limit_of_units(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(organization=secret.key.organization, name="units", dimension="units", burst=10, **DAY)
    assert codes(calling, secret, times=3, units=4) == ["VALID", "VALID", "RATE_LIMITED"]
    assert codes(calling, secret, times=1, units=2) == ["VALID"]


def test_a_limit_that_warns_never_refuses_and_is_not_told_to_the_caller(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(key=secret.key, name="trial", mode="warn", burst=1, **DAY)
    assert codes(calling, secret, times=3) == ["VALID"] * 3
    answer = calling.validate(secret)
    trial = next(one for one in answer["limits"] if one["name"] == "trial")
    assert (trial["mode"], trial["remaining"], answer["violated"]) == ("warn", 0, [])
    assert "trial" not in answer["headers"]["RateLimit"]


def test_versions_are_limited_each_by_itself(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(organization=secret.key.organization, name="v1", api_version="v1", burst=1, **DAY)
    assert codes(calling, secret, times=2, api_version="v1") == ["VALID", "RATE_LIMITED"]
    assert codes(calling, secret, times=1, api_version="v2") == ["VALID"]


def test_only_asking_who_it_is_is_never_limited(calling: Gateway, narrow: KeySecret) -> None:
    codes(calling, narrow, times=3)
    answer = calling.validate(narrow, admit=False)
    assert (answer["code"], answer["limits"][1]["remaining"]) == ("VALID", 0)
