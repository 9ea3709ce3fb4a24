"""How a limit stood, in words: each kind of it, where it failed and where it had room."""

import json
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from keys import explaining, limit_words
from keys.limits.applying import Kind, Limit
from keys.limits.limiter import Standing
from tests.keys.refusals.conftest import NOON

LISBON, SAO_PAULO = ZoneInfo("Europe/Lisbon"), ZoneInfo("America/Sao_Paulo")
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
BOUNDS = {"bounds": (MIDNIGHT - DAY, MIDNIGHT, MIDNIGHT + DAY), "window": "day"}
QUOTA = {"kind": "window", "dimension": "generations", "limit": 3, **BOUNDS}
ANEW = "it begins anew on 23 Nov 2026 00:00 UTC"
FOR_GOOD = datetime(2200, 1, 1, tzinfo=UTC)


def limit(kind: Kind, **fields: Any) -> Limit:
    usual = {"dimension": "requests", "limit": 2, "period_s": None, "burst": None, "mode": "block"}
    holds = {"api_version": None, "effective_from": None, "effective_until": None}
    return Limit(**{"id": 1, "name": "it", "owner": "plan", **usual, **holds, "kind": kind, **fields})


def kept(*, left: int = 0, units: int = 1, refused: bool = True, **fields: Any) -> dict[str, Any]:
    """Return what is read again of a limit that the store answered for a second after it was asked at noon."""
    until = fields.get("bounds", (NOON,) * 2)[1]
    reset_us = (until - NOON - timedelta(seconds=1)) // timedelta(microseconds=1)
    of = limit(**fields)
    found = limit_words.kept(Standing(of, refused, left, reset_us, None), units=units, at=NOON)
    return dict(json.loads(json.dumps(found)))


def said(zone: tzinfo = UTC, **fields: Any) -> str:
    return limit_words.said(kept(**fields), zone=zone)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "concurrency"}, "it (plan): 2 of 2 jobs were running; it passes when one ends"),
        ({"kind": "concurrency", "limit": 0}, "it (plan): no job may run"),
        (
            {"kind": "reserved", "limit": 4},
            "it (reservation): 4 of 4 reserved jobs were running; it passes when one ends",
        ),
        (QUOTA, f"it (plan): 3 of 3 generations of the day were used; {ANEW}"),
        (
            {**QUOTA, "dimension": "requests", "window": "month", "limit": 12_000},
            f"it (plan): 12,000 of 12,000 requests of the month were used; {ANEW}",
        ),
        (
            {**QUOTA, "dimension": "units", "limit": 10, "left": 2, "units": 5},
            f"it (plan): 8 of 10 cost units of the day were used, and the call takes 5; {ANEW}",
        ),
        (
            {**QUOTA, "dimension": "units", "limit": 10, "overage": 4, "left": 0, "units": 5},
            f"it (plan): 10 of 10 cost units of the day were used, 4 more are allowed, and the call takes 5; {ANEW}",
        ),
        (
            {**QUOTA, "overage": 1_000},
            f"it (plan): 3 of 3 generations of the day and the 1,000 allowed beyond them were used; {ANEW}",
        ),
        (
            {**QUOTA, "dimension": "units", "left": 3, "overage": 1, "units": 5},
            "it (plan): the call takes 5, and 3 cost units of the day with 1 beyond them are allowed: it never passes",
        ),
        (
            {**QUOTA, "window": "term"},
            "it (plan): 3 of 3 generations of the whole term were used; the term ends on 23 Nov 2026 00:00 UTC",
        ),
        (
            {**QUOTA, "window": "term", "bounds": (NOON - DAY, FOR_GOOD)},
            "it (plan): 3 of 3 generations of the whole term were used; it does not begin anew",
        ),
    ],
)
def test_what_failed_says_what_was_used_and_when_it_passes(fields: dict[str, Any], words: str) -> None:
    assert said(**fields) == words


def test_a_quota_begins_anew_on_the_clock_of_the_customer() -> None:
    assert said(LISBON, **QUOTA).endswith("it begins anew on 23 Nov 2026 00:00 WET")
    assert said(SAO_PAULO, **QUOTA).endswith("it begins anew on 22 Nov 2026 21:00 UTC-03")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "rate", "burst": 20, "period_s": 60, "left": 19}, "it (plan): 19 of burst 20 left"),
        ({"kind": "concurrency", "left": 1}, "it (plan): 1 of 2 jobs free"),
        ({"kind": "reserved", "left": 2}, "it (reservation): 2 of 2 reserved jobs free"),
        ({**QUOTA, "left": 1}, "it (plan): 1 of 3 generations of the day left"),
    ],
)
def test_what_had_room_says_how_much(fields: dict[str, Any], words: str) -> None:
    assert said(refused=False, **fields) == words


@pytest.mark.parametrize(
    ("code", "fields", "advice"),
    [
        ("CONCURRENCY_LIMITED", {"kind": "concurrency"}, explaining.ADVICE["CONCURRENCY_LIMITED"]),  # type: ignore[index]
        ("CONCURRENCY_LIMITED", {"kind": "concurrency", "limit": 0}, explaining.HIGHER_LIMIT),
        ("QUOTA_EXCEEDED", QUOTA, explaining.ADVICE["QUOTA_EXCEEDED"]),  # type: ignore[index]
        ("QUOTA_EXCEEDED", {**QUOTA, "window": "term"}, explaining.LARGER_QUOTA),
        ("QUOTA_EXCEEDED", {**QUOTA, "limit": 0}, explaining.LARGER_QUOTA),
        ("QUOTA_EXCEEDED", {**QUOTA, "dimension": "units", "units": 9}, explaining.LARGER_THAN_QUOTA),
    ],
)
def test_the_advice_is_what_helps_against_this_limit(code: str, fields: dict[str, Any], advice: str) -> None:
    told = explaining.sentence(
        code=code,
        at=NOON,
        api_version="v2",
        prefix="",
        address=None,
        request_id="",
        idempotency_key="",
        checks=[],
        limits=[kept(**fields)],
    )
    assert told.endswith(f" {advice}.")
    assert explaining.NEVER_PASSES not in told


def test_one_that_was_kept_without_its_kind_tells_what_is_known() -> None:
    old = {
        "owner": "plan",
        "mode": "block",
        "limit": 2,
        "period_s": None,
        "burst": None,
        "remaining": 0,
        "name": "jobs",
    }
    assert limit_words.said({**old, "refused": True, "retry_ms": None}, zone=UTC) == "jobs (plan): 0 of 2 left"
    assert not limit_words.is_too_large({**old, "refused": True, "retry_ms": None})
    rate = {**old, "burst": 20, "period_s": 60, "refused": True, "retry_ms": 500}
    assert limit_words.said(rate, zone=UTC) == "jobs (plan): 0 of burst 20 left, next in 0.5 s"
