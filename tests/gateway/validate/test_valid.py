"""VALID."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from axis_admin.gateway.serializers.validate import ValidateAnswerSerializer
from keys.models import KeySecret
from tests.factories import OrganizationFactory, PilotFactory, RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway, rfc3339


def test_a_working_key_of_an_active_customer_passes(calling: Gateway, secret: KeySecret) -> None:
    answer = calling.validate(secret)
    assert answer["valid"] is True
    assert (answer["code"], answer["reasons"], answer["http_status"]) == ("VALID", [], 200)
    assert (answer["message"], answer["cause"], answer["retryable"], answer["retry_after_ms"]) == ("", None, True, None)
    assert answer["violated"] == []
    assert answer["degraded"] is False


def test_it_says_who_this_is(calling: Gateway, secret: KeySecret) -> None:
    answer = calling.validate(secret)
    key, organization = secret.key, secret.key.organization
    assert answer["organization"] == {"id": organization.uid, "status": "active", "plan": "standard"}
    assert answer["key"] == {
        "id": key.uid,
        "public_id": secret.public_id,
        "name": key.name,
        "environment": "live",
        "api_versions": ["v1", "v2"],
        "expires_at": None,
    }


def test_it_says_how_the_limits_stand(calling: Gateway, secret: KeySecret) -> None:
    answer = calling.validate(secret)
    assert answer["limits"] == [
        {
            "name": "v2-minute",
            "scope": "organization",
            "kind": "rate",
            "mode": "block",
            "limit": 120,
            "period_s": 60,
            "burst": 20,
            "remaining": 19,
            "reset_ms": 500,
            "retry_after_ms": 0,
            "source": "plan:standard",
        }
    ]
    assert answer["headers"] == {"RateLimit-Policy": '"v2-minute";q=120;w=60', "RateLimit": '"v2-minute";r=19;t=1'}


def test_the_organizations_own_limit_and_the_keys_further_one_are_named(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(organization=secret.key.organization, name="raised", limit=600, burst=50)
    RuleFactory(key=secret.key, name="of the key", burst=5)
    limits = calling.validate(secret)["limits"]
    assert [(one["name"], one["scope"], one["source"], one["remaining"]) for one in limits] == [
        ("raised", "organization", f"organization:{secret.key.organization.uid}", 49),
        ("of the key", "key", f"key:{secret.key.uid}", 4),
    ]


def test_identity_may_be_cached_until_something_ends_by_itself(calling: Gateway, secret: KeySecret) -> None:
    assert calling.validate(secret)["cache"] == {
        "version": secret.key.organization.version,
        "max_age_s": 30,
        "stale_if_error_s": 300,
        "not_after": None,
    }


def test_not_after_is_the_expiry(calling: Gateway) -> None:
    expires_at = timezone.now() + timedelta(days=3)
    answer = calling.validate(SecretFactory(key__expires_at=expires_at))
    assert answer["cache"]["not_after"] == answer["key"]["expires_at"] == rfc3339(expires_at)


def test_not_after_is_the_end_of_the_overlap_where_that_is_earlier(calling: Gateway) -> None:
    until = timezone.now() + timedelta(hours=1)
    secret = SecretFactory(state="overlap", overlap_until=until, key__expires_at=until + timedelta(days=1))
    assert calling.validate(secret)["cache"]["not_after"] == rfc3339(until)


def test_not_after_is_the_end_of_the_pilot(calling: Gateway) -> None:
    pilot = PilotFactory()
    answer = calling.validate(SecretFactory(key__organization=pilot.organization))
    assert answer["cache"]["not_after"] == rfc3339(pilot.ends_at)


def test_the_old_secret_passes_during_the_overlap_and_names_its_successor(calling: Gateway, secret: KeySecret) -> None:
    until = timezone.now() + timedelta(hours=1)
    old = SecretFactory(key=secret.key, state="overlap", overlap_until=until)
    answer = calling.validate(old)
    assert answer["code"] == "VALID"
    assert answer["rotation"] == {"state": "overlap", "ends_at": rfc3339(until), "successor": secret.public_id}
    assert calling.validate(secret)["rotation"] is None


@pytest.mark.parametrize(
    ("environment", "status", "tier"),
    [
        ("live", "active", "shared"),
        ("live", "pilot", "pilot"),
        ("test", "active", "sandbox"),
        ("test", "pilot", "sandbox"),
    ],
)
def test_it_says_in_which_tier_the_call_is_served(calling: Gateway, environment: str, status: str, tier: str) -> None:
    secret = SecretFactory(key__environment=environment, key__organization__status=status)
    assert calling.validate(secret)["service_tier"] == tier


def test_a_pilot_organization_without_a_pilot_record_passes(calling: Gateway) -> None:
    secret = SecretFactory(key__organization=OrganizationFactory(status="pilot"))
    assert calling.validate(secret)["code"] == "VALID"


@pytest.mark.parametrize("fields", [{}, {"request_id": "r-1", "client_ip": "203.0.113.7", "admit": False}])
def test_every_field_of_the_contract_is_there(calling: Gateway, secret: KeySecret, fields: dict[str, Any]) -> None:
    answer = calling.validate(secret, **fields)
    declared = ValidateAnswerSerializer(data=answer)
    assert declared.is_valid(), declared.errors
    assert answer.keys() == declared.fields.keys()
    assert answer["request_id"] == fields.get("request_id")
    assert answer["lease"] is None


def test_null_means_absent_and_unknown_fields_are_ignored(calling: Gateway, secret: KeySecret) -> None:
    nulls = dict.fromkeys(["client_ip", "user_agent", "idempotency_key", "request_id", "units", "admit", "lease"])
    answer = calling.validate(secret, **nulls, unheard_of={"nested": [1]})
    assert (answer["code"], answer["request_id"], answer["limits"][0]["remaining"]) == ("VALID", None, 19)


def test_to_ask_who_this_is_spends_nothing(calling: Gateway, secret: KeySecret) -> None:
    remaining = [calling.validate(secret, admit=False)["limits"][0]["remaining"] for _ in range(3)]
    assert remaining == [20, 20, 20]
