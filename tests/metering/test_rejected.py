"""What is not usage, each code named by its outcome, and what is kept of it."""

import json
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from audit import uuid7
from keys.models import KeySecret
from metering import names
from metering.models import Generation, RejectedGeneration
from metering.results import rfc3339
from tests.metering.conftest import Report, generation

SECOND = timedelta(seconds=1)


def _code(told: list[Any]) -> tuple[str, str | None, bool]:
    return told[0]["status"], told[0]["code"], told[0]["retryable"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("generation_id", None),
        ("generation_id", 7),
        ("generation_id", "x" * 65),
        ("organization", ["org"]),
        ("organization", "org_\0"),
        ("key", {}),
        ("key", "\ud800"),
        ("api_version", "v3"),
        ("api_version", 2),
        ("outcome", "ok"),
        ("units", "1"),
        ("units", 1.0),
        ("units", True),
        ("occurred_at", 1_700_000_000),
        ("occurred_at", "2026-11-22"),
        ("occurred_at", "2026-11-22T12:00:00"),
        ("occurred_at", "2026-13-22T12:00:00Z"),
        ("occurred_at", "2026-11-22T12:00:60Z"),
        ("occurred_at", "2026-11-22T12:00:00Z\n"),
        ("occurred_at", "２026-11-22T12:00:00Z"),
        ("duration_ms", -1),
        ("duration_ms", 2**31),
        ("duration_ms", 1.5),
        ("resolution", "x" * 17),
        ("resolution", "2\0K"),
        ("aspect_ratio", 16),
        ("request_id", "r" * 129),
        ("idempotency_key", "i" * 256),
        ("lease", 5),
        ("service_tier", "gold"),
        ("failure_cause", "weather"),
        ("stages", []),
        ("stages", {"render": "5"}),
    ],
)
def test_invalid_field_names_the_field(field: str, value: Any, live: KeySecret, now: datetime, report: Report) -> None:
    told = report(generation(live, now, **{field: value}))
    assert _code(told) == ("rejected", "invalid_field", False)
    assert told[0]["fields"] == [field]
    assert told[0]["period"] is None
    assert not Generation.objects.exists()


def test_invalid_field_names_every_field_that_is_missing(db: None, report: Report) -> None:
    (told,) = report({"resolution": 3})
    wanted = ["generation_id", "organization", "key", "api_version", "outcome", "units", "occurred_at", "resolution"]
    assert (told["code"], told["fields"], told["generation_id"]) == ("invalid_field", wanted, None)


@pytest.mark.parametrize("item", [None, 5, "text", [1], True])
def test_an_item_that_is_no_object_is_invalid_field_with_a_null_id(item: Any, db: None, report: Report) -> None:
    (told,) = report(item)
    assert (told["code"], told["generation_id"]) == ("invalid_field", None)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        "8c0ff3d2-6f5b-4a53-9a51-9c1f0a3b7c11",  # version 4
        "019a0000-0000-7000-c000-000000000000",  # another variant
        "{019a0000-0000-7000-8000-000000000000}",
        "019a00000000700080000000000000000000",
    ],
)
def test_invalid_id(given: str, live: KeySecret, now: datetime, report: Report) -> None:
    assert _code(report(generation(live, now, generation_id=given))) == ("rejected", "invalid_id", False)


def test_unknown_organization(live: KeySecret, now: datetime, report: Report) -> None:
    assert _code(report(generation(live, now, organization="org_nobody")))[1] == "unknown_organization"


def test_unknown_key(live: KeySecret, now: datetime, report: Report) -> None:
    assert _code(report(generation(live, now, key="000000000000")))[1] == "unknown_key"


def test_key_of_other_organization(live: KeySecret, hers: KeySecret, now: datetime, report: Report) -> None:
    assert _code(report(generation(live, now, key=hers.public_id)))[1] == "key_of_other_organization"


@pytest.mark.parametrize("units", [0, -1, 1_001, 2**80])
def test_invalid_units(units: int, live: KeySecret, now: datetime, report: Report) -> None:
    assert _code(report(generation(live, now, units=units)))[1] == "invalid_units"


def test_timestamp_too_old_begins_after_35_days(live: KeySecret, now: datetime, report: Report) -> None:
    oldest = now - timedelta(days=35)
    assert report(generation(live, oldest))[0]["status"] == "accepted"
    assert _code(report(generation(live, oldest - SECOND / 1000))) == ("rejected", "timestamp_too_old", False)


@pytest.mark.parametrize("apart", [timedelta(hours=24), -timedelta(hours=24)])
def test_id_time_mismatch_begins_after_24_hours(
    apart: timedelta, live: KeySecret, now: datetime, report: Report
) -> None:
    at = now - timedelta(days=3)
    further = apart + (SECOND if apart > timedelta() else -SECOND)
    assert report(generation(live, at, generation_id=str(uuid7.make(at + apart))))[0]["status"] == "accepted"
    told = report(generation(live, at, generation_id=str(uuid7.make(at + further))))
    assert _code(told) == ("rejected", "id_time_mismatch", False)


def test_timestamp_in_future_is_retryable_after_five_minutes(live: KeySecret, now: datetime, report: Report) -> None:
    assert report(generation(live, now + timedelta(minutes=5)))[0]["status"] == "accepted"
    told = report(generation(live, now + timedelta(minutes=5, milliseconds=1)))
    assert _code(told) == ("rejected", "timestamp_in_future", True)


def test_the_first_failing_code_wins(live: KeySecret, hers: KeySecret, now: datetime, report: Report) -> None:
    """Each step mends what the step before was refused for."""
    wrong: dict[str, Any] = {
        "api_version": "v9",
        "generation_id": "nonsense",
        "organization": "org_nobody",
        "key": "000000000000",
        "units": 0,
        "occurred_at": rfc3339(now - timedelta(days=36)),
    }
    future = now + timedelta(hours=1)
    repairs: list[tuple[str, dict[str, Any]]] = [
        ("invalid_field", {"api_version": "v1"}),
        ("invalid_id", {"generation_id": str(uuid7.make(now + timedelta(hours=26)))}),
        ("unknown_organization", {"organization": live.key.organization.uid}),
        ("unknown_key", {"key": hers.public_id}),
        ("key_of_other_organization", {"key": live.public_id}),
        ("invalid_units", {"units": 1}),
        ("timestamp_too_old", {"occurred_at": rfc3339(future)}),
        ("id_time_mismatch", {"generation_id": str(uuid7.make(future))}),
        ("timestamp_in_future", {}),
    ]
    item = generation(live, now, **wrong)
    for code, repair in repairs:
        assert report(item)[0]["code"] == code
        item |= repair


def test_a_reject_is_kept_with_its_raw_body_once(live: KeySecret, now: datetime, report: Report) -> None:
    item = generation(live, now, units=0, extra="kept too")
    report(item, item)
    report(item, at=now + SECOND)
    kept = RejectedGeneration.objects.get()
    assert (kept.status, kept.code, kept.fields, kept.seen) == ("rejected", "invalid_units", ["units"], 3)
    assert json.loads(kept.raw) == item
    assert (kept.organization, kept.source, kept.gateway) == (live.key.organization, "gw-eu-1", "gwc_test")
    assert (kept.received_at, kept.last_received_at) == (now, now + SECOND)


def test_a_batch_without_any_good_item_is_kept_under_its_organizations(
    live: KeySecret, hers: KeySecret, now: datetime, report: Report
) -> None:
    wrong = [generation(live, now, units="1"), generation(hers, now, api_version="v3")]
    report(*wrong, {"organization": "org_nobody"}, {"organization": "org_\0"}, {"organization": ["org_x"]}, None)
    whose = dict(RejectedGeneration.objects.values_list("generation_id", "organization__name"))
    assert whose == {wrong[0]["generation_id"]: "Halide & Sons", wrong[1]["generation_id"]: "Kestrel VFX", "": None}


@pytest.mark.parametrize("units", [1, 0, "1"])
def test_a_batch_asks_once_for_its_organizations(
    units: Any, live: KeySecret, now: datetime, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing is wrong, and where nothing is right."""
    looked_up = Mock(side_effect=names.look_up)
    monkeypatch.setattr(names, "look_up", looked_up)
    report(generation(live, now, units=units), generation(live, now, units=units))
    assert looked_up.call_count == 1


def test_a_conflict_is_kept_too(live: KeySecret, now: datetime, report: Report) -> None:
    item = generation(live, now)
    report(item, {**item, "units": 2})
    kept = RejectedGeneration.objects.get()
    assert (kept.status, kept.code, kept.fields) == ("conflict", "payload_mismatch", ["units"])
    assert kept.generation_id == item["generation_id"]


def test_a_credential_sent_for_a_key_is_not_kept(live: KeySecret, now: datetime, report: Report) -> None:
    assert report(generation(live, now, key=live.text))[0]["code"] == "unknown_key"
    kept = RejectedGeneration.objects.get()
    assert live.text not in kept.raw
    assert live.public_id in kept.raw


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d of one", '","injected":"', "ünïcödé 🎬"])
def test_a_reject_keeps_any_text(text: str, live: KeySecret, now: datetime, report: Report) -> None:
    report(generation(live, now, generation_id=text, aspect_ratio=5))
    assert json.loads(RejectedGeneration.objects.get().raw)["generation_id"] == text
