"""Every check says what it saw: in the contract's order, in words, and without the credential."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import msgspec
import pytest

from keys import evidence, verdicts
from keys.asks import Ask
from keys.decisions import Decision
from keys.facts import Identity, KeyFacts, OrganizationFacts, PilotFacts, SecretFacts
from keys.limits.applying import Limit
from keys.limits.limiter import Standing
from keys.verdicts import Code
from tests.keys.refusals.conftest import NOON

HOUR = timedelta(hours=1)
LIVE = Identity(
    SecretFacts("8f3KQ2mZr01B", "active", None),
    KeyFacts(1, "key_a", "prod", "live", ("v1", "v2"), (), None, None, "active"),
    OrganizationFacts(1, "org_a", "active", "standard", 1, ("v1", "v2"), "closed"),
    None,
    (),
)
RETIRED = (
    "secret axk_live_8f3KQ2mZr01B is retired, its overlap ended 22 Nov 2026 09:00 UTC, 3 h before,"
    " the one after it is axk_live_Successor001"
)
MINUTE = Limit(1, "v2-minute", "plan", "requests", "v2", 120, 60, 20, "block", None, None)


def changed(part: str, **fields: Any) -> Identity:
    return msgspec.structs.replace(LIVE, **{part: msgspec.structs.replace(getattr(LIVE, part), **fields)})


def seen(identity: Identity, **fields: Any) -> dict[str, tuple[bool, str]]:
    ask = Ask("axk_live_secret", **{"organization": "org_a", "api_version": "v2", **fields})
    decision = Decision("1", NOON, verdicts.failed_checks(identity, ask, at=NOON), identity)
    return {check["code"]: (check["passed"], check["saw"]) for check in evidence.of(decision, ask)}


@pytest.mark.parametrize(
    ("identity", "fields", "code", "saw"),
    [
        (changed("key", state="revoked"), {}, Code.REVOKED, "the key is revoked"),
        (
            changed("secret", state="overlap", overlap_until=NOON - 3 * HOUR, successor="Successor001"),
            {},
            Code.ROTATED_OUT,
            RETIRED,
        ),
        (changed("key", state="paused"), {}, Code.PAUSED, "the key is paused"),
        (
            changed("key", not_before=NOON + HOUR / 2),
            {},
            Code.NOT_YET_ACTIVE,
            "begins 22 Nov 2026 12:30 UTC, 30 min later",
        ),
        (
            changed("key", expires_at=NOON - 3 * HOUR),
            {},
            Code.EXPIRED,
            "expired 22 Nov 2026 09:00 UTC, 3 h before",
        ),
        (LIVE, {"organization": "org_b"}, Code.ORG_MISMATCH, "X-External-Org-Id org_b, the key is of org_a"),
        (changed("organization", status="suspended"), {}, Code.ORG_SUSPENDED, "the organization is suspended"),
        (changed("organization", status="closed"), {}, Code.ORG_CLOSED, "the organization is closed"),
        (
            changed("key", api_versions=("v1",)),
            {},
            Code.VERSION_NOT_ALLOWED,
            "asked for v2; the key allows v1, the plan allows v1, v2",
        ),
        (
            changed("key", allowed=(ip_network("10.0.0.0/8"),)),
            {"client_ip": "203.0.113.9"},
            Code.IP_NOT_ALLOWED,
            "client_ip 203.0.113.9, allowed 10.0.0.0/8",
        ),
        (
            changed("key", allowed=(ip_network("10.0.0.0/8"),)),
            {},
            Code.IP_NOT_ALLOWED,
            "no client_ip was sent, allowed 10.0.0.0/8",
        ),
    ],
)
def test_a_failed_check_says_what_it_saw(identity: Identity, fields: dict[str, Any], code: Code, saw: str) -> None:
    assert seen(identity, **fields)[code] == (False, saw)


def test_a_pilot_says_when_it_runs() -> None:
    pilot = PilotFacts(NOON - 48 * HOUR, NOON - HOUR, "active")
    identity = msgspec.structs.replace(changed("organization", status="pilot"), pilot=pilot)
    assert seen(identity)[Code.PILOT_ENDED] == (
        False,
        "pilot active, began 20 Nov 2026 12:00 UTC, 2 days before, ended 22 Nov 2026 11:00 UTC, 1 h before",
    )


def test_all_checks_are_there_in_the_contracts_order_passed_ones_too() -> None:
    found = seen(changed("key", state="paused", expires_at=NOON))
    assert list(found) == [Code.MALFORMED, Code.NOT_FOUND, *verdicts.CHECKS]
    assert [code for code, (passed, _) in found.items() if not passed] == [Code.PAUSED, Code.EXPIRED]


def test_a_paused_key_is_not_said_to_be_revoked_nor_the_other_way_round() -> None:
    assert seen(changed("key", state="paused"))[Code.REVOKED] == (True, "the key is not revoked")
    assert seen(changed("key", state="revoked"))[Code.PAUSED] == (True, "the key is not paused")


def test_limits_say_how_they_stood_and_when_to_come_back() -> None:
    standings = [
        Standing(msgspec.structs.replace(MINUTE, id=2, name="roomy"), False, 19, 500_000, 0),
        Standing(MINUTE, True, 0, 10_000_000, 500_000),
    ]
    decision = Decision("1", NOON, [Code.RATE_LIMITED], LIVE, standings)
    *_, check = evidence.of(decision, Ask("x", "org_a", "v2"))
    assert check["code"] == "RATE_LIMITED"
    assert check["saw"] == ("v2-minute (plan): 0 of burst 20 left, next in 0.5 s; roomy (plan): 19 of burst 20 left")
    first, second = evidence.limits(decision, Ask("x", "org_a", "v2"))
    assert (first["name"], first["refused"], first["retry_ms"], second["refused"]) == ("v2-minute", True, 500, False)


def test_a_call_that_is_larger_than_the_burst_never_passes() -> None:
    standing = Standing(MINUTE, True, 20, 0, None)
    decision, ask = Decision("1", NOON, [Code.RATE_LIMITED], LIVE, [standing]), Ask("x", "org_a", "v2")
    *_, check = evidence.of(decision, ask)
    assert "never passes" in check["saw"]
    assert evidence.limits(decision, ask)[0]["retry_ms"] is None


@pytest.mark.parametrize(
    ("sent", "saw"),
    [
        ("", "0 characters"),
        ("sk-verysecret", "13 characters where a key has 60, not of a key's beginning"),
        ("axk_live_8f3KQ2mZr01B_cut", "begins with axk_live_, but 25 characters where a key has 60"),
        ("axk_test_8f3KQ2mZr01B_" + "s" * 38, "the checksum is wrong"),
        ("axg_8f3KQ2mZr01B_" + "s" * 38, "a gateway's own credential"),
    ],
)
def test_what_is_no_key_is_described_without_being_shown(sent: str, saw: str) -> None:
    (check,) = evidence.of(Decision("1", NOON, [Code.MALFORMED]), Ask(sent, "org_a", "v2"))
    assert saw in check["saw"]
    assert "verysecret" not in check["saw"]
    assert "sss" not in check["saw"]


def test_many_networks_are_named_in_part() -> None:
    allowed = tuple(ip_network(f"10.{n}.0.0/16") for n in range(30))
    saw = seen(changed("key", allowed=allowed), client_ip="203.0.113.9")[Code.IP_NOT_ALLOWED][1]
    assert saw.endswith("10.7.0.0/16 and 22 more")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=40), "40 s"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(hours=26), "26 h"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_a_length_of_time_has_two_units_at_most(length: timedelta, words: str) -> None:
    assert evidence.span(length) == words
