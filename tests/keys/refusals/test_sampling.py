"""Refusals are kept as they come, and as a sample where they are many; noting one never costs an answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis

from keys import refusals
from keys.asks import Ask
from keys.decisions import Decision
from keys.limits import store
from keys.named import Names
from keys.verdicts import Code
from tests.factories import OrganizationFactory
from tests.keys.refusals.conftest import GATEWAY, MINUTE, NOON

Note = Callable[..., None]


def kept(valkey: redis.Redis) -> list[dict[str, Any]]:
    entries: Any = valkey.xrange(refusals.stream_of(None))
    return [json.loads(fields[b"refusal"]) for _, fields in entries]


def test_a_refusal_is_kept_with_its_ids_and_without_the_credential(valkey: redis.Redis, unknown: Note) -> None:
    unknown(client_ip="203.0.113.7", user_agent="curl", request_id="r-1", idempotency_key="i-1", units=3)
    (entry,) = kept(valkey)
    assert entry["public_id"] == "8f3KQ2mZr01B"
    assert "nonsense" not in json.dumps(entry)
    assert (entry["request_id"], entry["idempotency_key"], entry["address"]) == ("r-1", "i-1", "203.0.113.7")
    assert (entry["organization_named"], entry["units"], entry["gateway"]) == ("org_a", 3, "gwc_1")


def test_a_whole_key_in_any_of_the_texts_is_cut_to_its_prefix(valkey: redis.Redis, unknown: Note) -> None:
    key = "axk_live_8f3KQ2mZr01B_" + "s" * 38
    unknown(key, user_agent=key, request_id=key, idempotency_key=key)
    assert "ssss" not in json.dumps(kept(valkey))


def test_an_admission_is_not_kept(valkey: redis.Redis) -> None:
    refusals.note(decision=Decision("1", NOON), ask=Ask("x", "org_a", "v2"), gateway=GATEWAY)
    assert kept(valkey) == []


def test_a_hundred_a_minute_are_kept_of_what_names_one_organization(valkey: redis.Redis, unknown: Note) -> None:
    for number in range(150):
        unknown(number=number)
    unknown("org_b")
    unknown(at=NOON + MINUTE)
    assert [entry["organization_named"] for entry in kept(valkey)].count("org_a") == 101
    assert len(kept(valkey)) == 102


def test_random_organizations_cannot_fill_the_store(valkey: redis.Redis, unknown: Note) -> None:
    for number in range(400):
        unknown(f"org_{number}")
    assert len(kept(valkey)) == refusals.MOST_STRANGE_A_MINUTE


def test_made_up_names_do_not_take_the_place_of_organizations(valkey: redis.Redis, unknown: Note) -> None:
    for number in range(400):
        unknown(f"org_{number}")
    for number in range(150):
        unknown(number=number)
    unknown("org_b")
    named = [entry["organization_named"] for entry in kept(valkey)]
    assert (named.count("org_a"), named.count("org_b")) == (refusals.MOST_A_MINUTE, 1)


def test_which_names_are_organizations_is_read_once_a_minute(
    db: None, django_assert_num_queries: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    names, first = Names(), OrganizationFactory()
    with django_assert_num_queries(1):
        assert names.knows(first.uid)
        assert not names.knows("org_made_up")
    second = OrganizationFactory()
    assert not names.knows(second.uid)
    monkeypatch.setattr(names, "_until", 0.0)
    assert names.knows(second.uid)
    assert names.knows(first.uid)


def test_once_a_minute_is_known_to_be_full_nobody_is_asked(
    valkey: redis.Redis, unknown: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(101):
        unknown()
    asked: list[int] = []
    monkeypatch.setattr(store, "client", lambda: asked.append(1) or valkey)
    unknown()
    assert asked == []
    unknown("org_b")
    assert asked == [1]


def test_a_store_that_is_away_is_asked_once_and_then_left_alone(unknown: Note, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def away() -> redis.Redis:
        asked.append(1)
        return store.connect("unix:///nowhere/valkey.sock")

    monkeypatch.setattr(store, "client", away)
    for _ in range(5):
        unknown()
    assert len(asked) == 1


def test_whatever_goes_wrong_the_customer_is_answered(unknown: Note, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "_entry", _fail)
    unknown()


@pytest.mark.parametrize("named", ["", "\x00", "ö" * 500, "\u202eorg"])
def test_any_text_may_stand_for_the_organization(valkey: redis.Redis, unknown: Note, named: str) -> None:
    unknown(named)
    assert len(kept(valkey)[0]["organization_named"]) <= 100
    assert kept(valkey)[0]["code"] == Code.MALFORMED


def _fail(*args: object) -> redis.Redis:
    raise AssertionError("asked")
