"""The first failure is the verdict; all of them are told."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from keys.models import KeySecret
from keys.verdicts import CHECKS, Code
from tests.factories import KeyFactory, SecretFactory
from tests.gateway.conftest import Gateway

CONTRACT = [
    "MALFORMED", "NOT_FOUND", "REVOKED", "ROTATED_OUT", "PAUSED", "NOT_YET_ACTIVE", "EXPIRED", "ORG_MISMATCH",
    "ORG_SUSPENDED", "ORG_CLOSED", "PILOT_NOT_STARTED", "PILOT_ENDED", "VERSION_NOT_ALLOWED", "IP_NOT_ALLOWED",
    "QUOTA_EXCEEDED", "RATE_LIMITED", "CONCURRENCY_LIMITED", "CAPACITY_EXHAUSTED", "VALID",
]  # fmt: skip


def test_the_codes_stand_in_the_contracts_order() -> None:
    assert Code.values == CONTRACT
    assert [code.value for code in CHECKS] == [code for code in CONTRACT if code in CHECKS]


def key_with_every_fault(**fields: Any) -> KeySecret:
    tomorrow = timezone.now() + timedelta(days=1)
    key = KeyFactory(
        not_before=tomorrow,
        expires_at=timezone.now(),
        organization__status="suspended",
        api_versions=["v1"],
        allowed_cidrs=["203.0.113.0/24"],
        **fields,
    )
    made: KeySecret = SecretFactory(key=key, state="retired")
    return made


def test_every_failed_check_is_a_reason_in_the_order_of_the_contract(calling: Gateway) -> None:
    answer = calling.validate(key_with_every_fault(state="revoked"), organization="another")
    assert answer["code"] == "REVOKED"
    assert answer["reasons"] == [
        "REVOKED", "ROTATED_OUT", "NOT_YET_ACTIVE", "EXPIRED", "ORG_MISMATCH", "ORG_SUSPENDED", "VERSION_NOT_ALLOWED",
        "IP_NOT_ALLOWED",
    ]  # fmt: skip


def test_what_is_mended_uncovers_the_next(calling: Gateway) -> None:
    answer = calling.validate(key_with_every_fault(state="paused"))
    assert (answer["code"], answer["reasons"][:3]) == ("ROTATED_OUT", ["ROTATED_OUT", "PAUSED", "NOT_YET_ACTIVE"])
