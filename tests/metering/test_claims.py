"""An idempotency key counts once a day: what uses it again is kept and not billed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.models import KeySecret
from metering import claims, entries, items, ledger
from metering.claims import Holder
from metering.models import Generation, IdempotencyClaim, RejectedGeneration, UsageDay
from metering.results import rfc3339
from tests.metering.conftest import Item, Report, generation, rollups_equal_the_ledger

HOUR, DAY, MS = timedelta(hours=1), timedelta(hours=24), timedelta(milliseconds=1)


def shot(secret: KeySecret, at: datetime, key: str = "shot-12", **further: Any) -> Item:
    """Say what the gateway says of a generation with an idempotency key."""
    return generation(secret, at, idempotency_key=key, **further)


def became(told: list[Any]) -> list[str]:
    """Return in a word what became of each item."""
    return [one["code"] or one["status"] for one in told]


def test_a_replay_is_a_duplicate_that_is_kept_and_not_billed(live: KeySecret, now: datetime, report: Report) -> None:
    report(shot(live, now - HOUR))
    said = shot(live, now, units=4)
    (told,) = report(said)
    assert told == {
        "index": 0,
        "generation_id": said["generation_id"],
        "status": "duplicate",
        "code": "idempotency_replay",
        "fields": [],
        "retryable": False,
        "period": None,
        "received_at": rfc3339(now),
    }
    assert (Generation.objects.count(), UsageDay.objects.get().generations) == (1, 1)
    kept = RejectedGeneration.objects.get()
    assert (kept.status, kept.code, kept.organization) == ("replay", "idempotency_replay", live.key.organization)
    assert json.loads(kept.raw) == said


def test_a_replay_that_is_sent_again_is_one_again_and_kept_once(live: KeySecret, now: datetime, report: Report) -> None:
    batch = [shot(live, now - HOUR), shot(live, now)]
    assert became(report(*batch)) == ["accepted", "idempotency_replay"]
    assert became(report(*batch)) == ["duplicate", "idempotency_replay"]
    assert RejectedGeneration.objects.get().seen == 2


@pytest.mark.parametrize(("apart", "code"), [(DAY, "accepted"), (DAY - MS, "idempotency_replay")])
@pytest.mark.parametrize("way", [1, -1])
def test_a_day_before_or_after_it_may_be_used_again(
    apart: timedelta, way: int, code: str, live: KeySecret, now: datetime, report: Report
) -> None:
    noon = now - 5 * DAY
    assert became(report(shot(live, noon), shot(live, noon + way * apart))) == (
        ["accepted", code] if way > 0 or code == "accepted" else [code, "accepted"]
    )
    later = noon + max(way, 0) * apart if code == "accepted" else Generation.objects.get().occurred_at
    assert IdempotencyClaim.objects.get().occurred_at == later


def test_the_later_one_holds_the_key(live: KeySecret, now: datetime, report: Report) -> None:
    noon = now - 5 * DAY
    assert became(report(shot(live, noon))) == ["accepted"]
    assert became(report(shot(live, noon - DAY))) == ["accepted"]
    assert became(report(shot(live, noon + HOUR))) == ["idempotency_replay"]
    assert became(report(shot(live, noon + DAY))) == ["accepted"]
    assert became(report(shot(live, noon + DAY + HOUR))) == ["idempotency_replay"]
    assert Generation.objects.count() == 3


def test_a_failed_one_neither_claims_nor_is_a_replay(live: KeySecret, now: datetime, report: Report) -> None:
    batch = [shot(live, now, outcome="failed"), shot(live, now), shot(live, now, outcome="failed")]
    assert [became(report(item)) for item in batch] == [["accepted"]] * 3
    assert IdempotencyClaim.objects.count() == 1


def test_organizations_and_live_and_test_keys_have_their_own(
    live: KeySecret, sandbox: KeySecret, hers: KeySecret, now: datetime, report: Report
) -> None:
    assert became(report(*(shot(secret, now) for secret in (live, sandbox, hers)))) == ["accepted"] * 3
    assert became(report(*(shot(secret, now) for secret in (live, sandbox, hers)))) == ["idempotency_replay"] * 3


def test_without_a_key_or_with_another_one_nothing_is_a_replay(live: KeySecret, now: datetime, report: Report) -> None:
    keys = ["", None, "", None, "a", "A", "a "]
    assert became(report(*(generation(live, now, idempotency_key=key) for key in keys))) == ["accepted"] * 7
    assert IdempotencyClaim.objects.count() == 3


def test_keys_that_look_like_credentials_are_told_apart(live: KeySecret, now: datetime, report: Report) -> None:
    other = live.text[:-1] + ("a" if live.text[-1] != "a" else "b")
    assert became(report(shot(live, now, live.text), shot(live, now, other))) == ["accepted", "accepted"]


def test_an_id_that_the_ledger_holds_asks_for_no_key(live: KeySecret, now: datetime, report: Report) -> None:
    said = generation(live, now)
    report(said, shot(live, now, "taken"))
    assert became(report({**said, "idempotency_key": "free"})) == ["duplicate"]
    assert became(report({**said, "idempotency_key": "taken", "units": 2})) == ["payload_mismatch"]
    assert became(report(shot(live, now, "free"))) == ["accepted"]


def test_in_one_batch_the_first_by_id_wins_and_the_others_are_judged_by_it(
    live: KeySecret, now: datetime, report: Report
) -> None:
    start = now - 4 * DAY
    times = [start, start + HOUR, start + DAY, start + DAY + HOUR, start + 2 * DAY, start + 2 * DAY + HOUR]
    batch = [shot(live, at) for at in times]
    foreseen = report(*reversed(batch), dry_run=True)
    assert foreseen == report(*reversed(batch))
    assert became(foreseen) == ["idempotency_replay", "accepted"] * 3
    assert IdempotencyClaim.objects.get().occurred_at == start + 2 * DAY
    assert rollups_equal_the_ledger()


def test_a_known_id_before_it_in_the_batch_does_not_stand_for_a_new_one(
    live: KeySecret, now: datetime, report: Report
) -> None:
    known = shot(live, now - 3 * DAY)
    report(known)
    assert became(report(known, shot(live, now - DAY), shot(live, now))) == ["duplicate", "accepted", "accepted"]


def test_the_same_replay_twice_in_a_batch(live: KeySecret, now: datetime, report: Report) -> None:
    report(shot(live, now - HOUR))
    said = shot(live, now)
    batch = [said, said, {**said, "units": 2}]
    foreseen = report(*batch, dry_run=True)
    assert became(report(*batch)) == ["idempotency_replay", "idempotency_replay", "payload_mismatch"]
    assert became(foreseen) == ["idempotency_replay", "idempotency_replay", "payload_mismatch"]
    assert Generation.objects.count() == 1


def test_a_failure_after_claiming_claims_nothing(
    live: KeySecret, now: datetime, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the connection broke")

    with monkeypatch.context() as broken:
        broken.setattr("metering.insertion.insert", fail)
        with pytest.raises(RuntimeError):
            report(shot(live, now))
    assert not IdempotencyClaim.objects.exists()
    assert became(report(shot(live, now))) == ["accepted"]


def test_an_id_that_another_batch_writes_meanwhile_claims_nothing(
    live: KeySecret, now: datetime, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = generation(live, now)
    take, also = claims.take, [{**said, "idempotency_key": None}]

    def meanwhile(found: Any) -> Any:
        granted = take(found)
        if also:
            ledger.append(items=[also.pop()], source="gw-us-1", gateway="gwc_test", now=now)
        return granted

    monkeypatch.setattr(claims, "take", meanwhile)
    # Undone with the first try here, because one connection plays both: what counts is that there is a second one.
    assert became(report({**said, "idempotency_key": "k"})) == ["accepted"]
    assert Generation.objects.count() == IdempotencyClaim.objects.count() == 1


def test_claims_are_kept_for_as_long_as_anything_can_be_a_replay_of_them() -> None:
    oldest = timedelta(milliseconds=items.OLDEST_MS)
    assert claims.HELD + oldest <= claims.KEPT
    assert claims.HELD == DAY


def test_old_claims_are_forgotten_in_parts(
    live: KeySecret, now: datetime, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "FORGOTTEN_AT_ONCE", 2)
    report(*(shot(live, now - n * HOUR, str(n)) for n in range(5)), shot(live, now - MS, "held"))
    assert claims.forget(now=now + claims.KEPT - HOUR) == 3
    assert claims.forget(now=now + claims.KEPT - HOUR) == 0
    assert IdempotencyClaim.objects.count() == 3


NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
_uses = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 100)), max_size=20)


@given(uses=_uses)
@settings(max_examples=60)
def test_whatever_is_granted_a_key_is_a_day_from_every_other_use_of_it(uses: list[tuple[int, int]]) -> None:
    asking = [_asking(n, f"key-{key}", NOON + hours * HOUR) for n, (key, hours) in enumerate(uses)]
    granted, held = claims.decide(asking, {})
    model: dict[str, list[datetime]] = {}
    for one in asking:
        used = model.setdefault(one.claim, [])
        may = all(abs(one.occurred_at - other) >= DAY for other in used)
        assert (one.generation_id in granted) == may
        if may:
            used.append(one.occurred_at)
    assert {claim: holder.occurred_at for (_, claim), holder in held.items()} == {
        claim: max(used) for claim, used in model.items()
    }


@given(uses=_uses, cut=st.integers(0, 20))
@settings(max_examples=60)
def test_it_makes_no_difference_where_a_batch_is_cut(uses: list[tuple[int, int]], cut: int) -> None:
    asking = [_asking(n, f"key-{key}", NOON + hours * HOUR) for n, (key, hours) in enumerate(uses)]
    whole = claims.decide(asking, {})
    first, held = claims.decide(asking[:cut], {})
    # As the ledger knows them by then.
    used: dict[tuple[int, str], list[datetime]] = {}
    for one in asking[:cut]:
        if one.generation_id in first:
            used.setdefault((one.organization_id, one.claim), []).append(one.occurred_at)
    second, after = claims.decide(asking[cut:], held, used)
    assert (first | second, after) == whole


def test_ones_own_claim_stands() -> None:
    one = _asking(1, "key", NOON)
    assert claims.decide([one], {(7, "key"): Holder("1", NOON)})[0] == {"1"}


def _asking(n: int, claim: str, at: datetime) -> entries.Entry:
    return entries.Entry(
        generation_id=str(n),
        organization_id=7,
        key_id=1,
        environment="live",
        api_version="v2",
        outcome="succeeded",
        units=1,
        occurred_at=at,
        fingerprint="",
        claim=claim,
    )


def test_what_was_a_replay_stays_one_after_the_key_was_used_again(
    live: KeySecret, now: datetime, report: Report
) -> None:
    first, replay, later = (shot(live, now - hours * HOUR) for hours in (100, 90, 60))
    assert became(report(first)) == ["accepted"]
    assert became(report(replay)) == ["idempotency_replay"]
    assert became(report(later)) == ["accepted"]
    assert became(report(replay)) == ["idempotency_replay"]
    near = [shot(live, now - hours * HOUR) for hours in (99, 98, 89)]
    assert became(report(*near)) == ["idempotency_replay"] * 3
    assert Generation.objects.count() == 2


def test_earlier_uses_a_day_apart_count_and_those_between_do_not(
    live: KeySecret, now: datetime, report: Report
) -> None:
    report(shot(live, now - HOUR))
    early = [shot(live, now - hours * HOUR) for hours in (150, 140, 120)]
    assert sorted(became(report(*early, dry_run=True))) == sorted(became(report(*early)))
    assert Generation.objects.count() == 3
    rollups_equal_the_ledger()
