"""The sentence for the ticket: what happened, when, why, and what to do."""

from typing import Any

import pytest

from keys import explaining
from keys.verdicts import MEANINGS, Code
from tests.keys.refusals.conftest import NOON


def sentence(code: str, saw: str = "seen", limits: Any = (), **fields: Any) -> str:
    usual = {
        "code": code,
        "at": NOON,
        "api_version": "v2",
        "prefix": "axk_live_8f3KQ2mZr01B",
        "address": "203.0.113.9",
        "request_id": "r-1",
        "idempotency_key": "",
        "checks": [{"code": code, "passed": False, "saw": saw}],
        "limits": limits,
    }
    return explaining.sentence(**{**usual, **fields})


def test_it_tells_what_happened_when_why_and_what_to_do() -> None:
    assert sentence("IP_NOT_ALLOWED", "client_ip 203.0.113.9, allowed 10.0.0.0/8") == (
        "On 22 Nov 2026 at 12:00:00 UTC your v2 call with key axk_live_8f3KQ2mZr01B… from 203.0.113.9 (request id r-1)"
        " was refused with HTTP 403 (IP_NOT_ALLOWED): This API key may not be used from this address."
        " What we saw: client_ip 203.0.113.9, allowed 10.0.0.0/8."
        " Call from an allowed address, or tell us which one to add."
    )


@pytest.mark.parametrize("code", [code for code in Code if code != Code.VALID])
def test_every_code_has_a_sentence_that_ends(code: Code) -> None:
    said = sentence(code, prefix="", address=None, request_id="")
    assert MEANINGS[code].message in said
    assert explaining.ADVICE[code] in said
    assert said.endswith(".")
    assert ".." not in said


def test_a_call_that_can_never_pass_is_not_told_to_wait() -> None:
    rate = {"name": "v2", "owner": "plan", "limit": 60, "burst": 10, "remaining": 10, "refused": True}
    said = sentence("RATE_LIMITED", limits=[{**rate, "retry_ms": None}])
    assert explaining.NEVER_PASSES in said
    assert "Retry-After" not in said
    assert "Retry-After" in sentence("RATE_LIMITED", limits=[{**rate, "retry_ms": 500}])


def test_checks_that_were_not_made_are_told_apart_from_those_that_passed() -> None:
    passed = {"code": "MALFORMED", "passed": True, "saw": "fine"}
    course = explaining.course([passed, {"code": "NOT_FOUND", "passed": False, "saw": "nobody"}])
    assert [one.code for one in course[:3]] == ["MALFORMED", "NOT_FOUND", "REVOKED"]
    assert [one.passed for one in course[:3]] == [True, False, None]
    assert course[-1].code == "RATE_LIMITED"
    assert len(course) == 15


def test_the_limits_check_has_the_name_of_what_refused() -> None:
    assert explaining.course([{"code": "QUOTA_EXCEEDED", "passed": False, "saw": ""}])[-1].code == "QUOTA_EXCEEDED"
