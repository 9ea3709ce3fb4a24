"""Each classification of the contract, by its outcome."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from keys.models import KeySecret
from metering import ledger
from metering.models import Generation, RejectedGeneration, UsageDay
from metering.results import rfc3339
from orgs import actions
from orgs.models import Organization
from tests.metering.conftest import Report, generation

MS = timedelta(milliseconds=1)


def test_accepted_is_counted_and_names_its_period(live: KeySecret, now: datetime, report: Report) -> None:
    said = generation(live, now, units=3)
    assert report(said) == [
        {
            "index": 0,
            "generation_id": said["generation_id"],
            "status": "accepted",
            "code": None,
            "fields": [],
            "retryable": False,
            "period": f"{now:%Y-%m}",
            "received_at": rfc3339(now),
        }
    ]
    assert UsageDay.objects.values_list("day", "generations", "units").get() == (now.date(), 1, 3)


def test_everything_that_was_said_is_kept(live: KeySecret, now: datetime, report: Report) -> None:
    further: dict[str, Any] = {
        "outcome": "failed",
        "failure_cause": "engine",
        "duration_ms": 8400,
        "aspect_ratio": "16:9",
        "request_id": "r-1",
        "idempotency_key": "shot 12 “night”",
        "stages": {"anchor": 900, "interpretation": None, "unheard_of": 4},
        "unknown": {"ignored": True},
    }
    report(generation(live, now, **further))
    kept = Generation.objects.get()
    assert (kept.organization, kept.key, kept.environment) == (live.key.organization, live.key, "live")
    assert (kept.outcome, kept.failure_cause, kept.duration_ms) == ("failed", "engine", 8400)
    assert (kept.resolution, kept.aspect_ratio, kept.service_tier) == ("2K", "16:9", "dedicated")
    assert (kept.request_id, kept.idempotency_key, kept.source) == ("r-1", "shot 12 “night”", "gw-eu-1")
    assert kept.stages == {"anchor": 900}
    assert (kept.occurred_at, kept.received_at, kept.late) == (now, now, False)


def test_null_means_absent(live: KeySecret, now: datetime, report: Report) -> None:
    optional = "duration_ms resolution aspect_ratio request_id idempotency_key lease service_tier failure_cause stages"
    (told,) = report(generation(live, now, **dict.fromkeys(optional.split())))
    assert told["status"] == "accepted"
    assert UsageDay.objects.values_list("resolution", "service_tier").get() == ("", "")


def test_duplicate_tells_when_the_first_was_received(live: KeySecret, now: datetime, report: Report) -> None:
    said = generation(live, now)
    report(said)
    (told,) = report({**said, "resolution": "4K", "request_id": "another"}, source="gw-us-1", at=now + 60_000 * MS)
    assert (told["status"], told["code"], told["period"]) == ("duplicate", None, f"{now:%Y-%m}")
    assert told["received_at"] == rfc3339(now)
    assert UsageDay.objects.get().generations == 1


def test_an_id_is_the_same_in_capitals_and_a_time_in_another_zone(
    live: KeySecret, now: datetime, report: Report
) -> None:
    said = generation(live, now)
    report(said)
    elsewhere = (now + timedelta(hours=2)).isoformat(timespec="microseconds").replace("+00:00", "+02:00")
    (told,) = report({**said, "generation_id": said["generation_id"].upper(), "occurred_at": elsewhere})
    assert (told["status"], told["generation_id"]) == ("duplicate", said["generation_id"].upper())


@pytest.mark.parametrize(
    ("field", "value"),
    [("api_version", "v1"), ("outcome", "failed"), ("units", 2), ("occurred_at", "later")],
)
def test_payload_mismatch_names_the_field_and_the_first_write_stands(
    field: str, value: Any, live: KeySecret, now: datetime, report: Report
) -> None:
    said = generation(live, now)
    report(said)
    (told,) = report({**said, field: rfc3339(now - MS) if value == "later" else value})
    assert (told["status"], told["code"], told["fields"]) == ("conflict", "payload_mismatch", [field])
    kept = Generation.objects.get()
    assert (kept.api_version, kept.outcome, kept.units, kept.occurred_at) == ("v2", "succeeded", 1, now)
    assert UsageDay.objects.get().generations == 1


def test_payload_mismatch_of_the_key(live: KeySecret, sandbox: KeySecret, now: datetime, report: Report) -> None:
    said = generation(live, now)
    report(said)
    (told,) = report({**said, "key": sandbox.public_id})
    assert (told["code"], told["fields"]) == ("payload_mismatch", ["key"])


def test_other_organization(live: KeySecret, hers: KeySecret, now: datetime, report: Report) -> None:
    said = generation(live, now)
    report(said)
    (told,) = report({**said, "organization": hers.key.organization.uid, "key": hers.public_id})
    assert (told["status"], told["code"], told["fields"]) == (
        "conflict",
        "other_organization",
        ["organization", "key"],
    )
    assert RejectedGeneration.objects.get().organization == hers.key.organization


def test_the_same_id_twice_in_a_batch_the_first_wins(live: KeySecret, now: datetime, report: Report) -> None:
    said = generation(live, now, units=2)
    told = report(said, said, {**said, "units": 3})
    assert [(one["status"], one["code"]) for one in told] == [
        ("accepted", None),
        ("duplicate", None),
        ("conflict", "payload_mismatch"),
    ]
    assert UsageDay.objects.values_list("generations", "units").get() == (1, 2)


def test_the_first_wins_also_where_it_was_of_another_organization(
    live: KeySecret, hers: KeySecret, now: datetime, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ORGANIZATIONS_AT_ONCE", 1)
    first = generation(hers, now)
    assert live.key.organization.pk < hers.key.organization.pk
    told = report(first, generation(live, now, generation_id=first["generation_id"]))
    assert [one["status"] for one in told] == ["accepted", "conflict"]


def test_a_rejected_first_does_not_stand_in_the_way(live: KeySecret, now: datetime, report: Report) -> None:
    said = generation(live, now)
    assert [one["status"] for one in report({**said, "units": 0}, said)] == ["rejected", "accepted"]


def test_one_bad_item_never_blocks_the_others(live: KeySecret, now: datetime, report: Report) -> None:
    told = report(None, generation(live, now), {}, generation(live, now))
    assert [one["status"] for one in told] == ["rejected", "accepted", "rejected", "accepted"]
    assert [one["index"] for one in told] == [0, 1, 2, 3]
    assert ledger.summary(told) == {"accepted": 2, "accepted_late": 0, "duplicate": 0, "conflict": 0, "rejected": 2}


def test_usage_of_a_revoked_key_and_a_suspended_organization_is_counted(
    halide: Organization, live: KeySecret, now: datetime, report: Report
) -> None:
    from audit import trail
    from keys import actions as keys

    keys.revoke_key(key=live.key, actor=trail.SYSTEM, code="leaked", reason="found in a log")
    actions.suspend_organization(organization=halide, actor=trail.SYSTEM, reason="unpaid")
    assert report(generation(live, now))[0]["status"] == "accepted"


def test_what_no_contract_covers_is_accepted_without_a_period(
    halide: Organization, live: KeySecret, now: datetime, report: Report
) -> None:
    before = halide.contracts.get().effective.lower - MS
    (told,) = report(generation(live, before))
    assert (told["status"], told["period"]) == ("accepted", None)
    assert UsageDay.objects.get().period is None


def test_a_dry_run_answers_the_same_and_stores_nothing(
    live: KeySecret, hers: KeySecret, now: datetime, report: Report
) -> None:
    known = generation(live, now)
    report(known)
    new = generation(hers, now)
    batch = [new, known, new, {**known, "units": 4}, {**new, "units": 4}, {**new, "key": live.public_id}, 7]
    foreseen = report(*batch, dry_run=True)
    assert (Generation.objects.count(), RejectedGeneration.objects.count()) == (1, 0)
    assert foreseen == report(*batch)
    assert (Generation.objects.count(), RejectedGeneration.objects.count()) == (2, 4)
