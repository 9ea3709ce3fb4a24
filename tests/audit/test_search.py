"""Each filter finds what it names and nothing else; pages stay where they are; no question widens the scope."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from audit import search, trail
from audit.models import Event
from audit.scope import Scope
from audit.search import Question
from audit.verbs import Verb
from tests.audit.conftest import DOV, HALIDE, KESTREL, NOON, PROD

ALL = Scope(None, None)
OTHER = trail.Target("key", "key_other", "storyboard-web")
Happened = Callable[..., Event]


def found(scope: Scope = ALL, **asked: Any) -> list[Event]:
    return search.find(Question(**asked), scope).events


@pytest.fixture
def log(happened: Happened) -> dict[str, Event]:
    """Five events, the oldest first."""
    return {
        "issued": happened(Verb.KEY_ISSUED, ago=timedelta(days=9), detail={"public_id": "axk_live_12e5xYz9Qm0B"}),
        "rotated": happened(Verb.KEY_ROTATED, ago=timedelta(days=3), ticket="SUP-2209", reason="scheduled rotation"),
        "kestrel": happened(Verb.KEY_ISSUED, ago=timedelta(days=2), actor=DOV, organization=KESTREL, target=OTHER),
        "denied": happened(Verb.KEY_REVOKED, ago=timedelta(hours=5), outcome="denied", reason="not hers"),
        "signed_in": happened(
            Verb.STAFF_SIGNED_IN, actor=DOV, organization=None, target=trail.Target("staff", "stf_dov", "Dov Hartmann")
        ),
    }


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"actors": ["stf_dov"]}, ["signed_in", "kestrel"]),
        ({"actors": ["stf_dov", "stf_dana"], "outcome": "denied"}, ["denied"]),
        ({"verbs": ["key.issued"]}, ["kestrel", "issued"]),
        ({"verbs": ["key.issued", "key.rotated"]}, ["kestrel", "rotated", "issued"]),
        ({"organizations": ["org_kestrel"]}, ["kestrel"]),
        ({"outcome": "success", "organizations": ["org_halide"]}, ["rotated", "issued"]),
        ({"after": NOON - timedelta(days=2)}, ["signed_in", "denied", "kestrel"]),
        ({"before": NOON - timedelta(days=2)}, ["rotated", "issued"]),
        ({"after": NOON - timedelta(days=3), "before": NOON - timedelta(days=2)}, ["rotated"]),
        ({"operations": ["create"]}, ["kestrel", "issued"]),
        ({"named": "key_other"}, ["kestrel"]),
        ({"named": "org_halide"}, ["denied", "rotated", "issued"]),
        ({"request_id": "req-dov"}, ["signed_in", "kestrel"]),
        ({"actors": ["nobody"]}, []),
        ({}, ["signed_in", "denied", "kestrel", "rotated", "issued"]),
    ],
)
def test_a_filter_finds_what_it_names(log: dict[str, Event], asked: dict[str, Any], names: list[str]) -> None:
    assert found(**asked) == [log[name] for name in names]


WORDS = [
    ("render-farm-prod", ["denied", "rotated", "issued"]),
    ("render-fa", ["denied", "rotated", "issued"]),
    ("farm render", ["denied", "rotated", "issued"]),
    ("storyboard", ["kestrel"]),
    ("SUP-2209", ["rotated"]),
    ("sup-22", ["rotated"]),
    ("2209", ["rotated"]),
    ("axk_live_12e5xYz9Qm0B", ["issued"]),
    ("axk_live_12e5x", ["issued"]),
    ("12e", ["issued"]),
    ("Halide & Sons", ["denied", "rotated", "issued"]),
    ("org_kestrel", ["kestrel"]),
    ("key.issued", ["kestrel", "issued"]),
    ("scheduled rotation dana", ["rotated"]),
    ("req-dov", ["signed_in", "kestrel"]),
    ("stf_dov", ["signed_in", "kestrel"]),
    ("HARTMANN", ["signed_in", "kestrel"]),
    ("farm-render", []),
    ("nothing-like-this", []),
]


@pytest.mark.parametrize("are_rare", [True, False], ids=["looked up first", "walked in order"])
@pytest.mark.parametrize(("words", "names"), WORDS)
def test_words_are_found_whole_and_by_their_beginnings(
    log: dict[str, Event], monkeypatch: pytest.MonkeyPatch, words: str, names: list[str], are_rare: bool
) -> None:
    monkeypatch.setattr(search, "COUNTED", 10_000 if are_rare else 0)
    assert found(words=words) == [log[name] for name in names]


@pytest.mark.parametrize("are_rare", [True, False], ids=["looked up first", "walked in order"])
def test_words_and_filters_hold_together(
    log: dict[str, Event], monkeypatch: pytest.MonkeyPatch, are_rare: bool
) -> None:
    monkeypatch.setattr(search, "COUNTED", 10_000 if are_rare else 0)
    assert found(words="render", verbs=["key.rotated"], actors=["stf_dana"]) == [log["rotated"]]
    assert found(words="render", after=NOON - timedelta(days=1)) == [log["denied"]]
    assert found(Scope(frozenset({"org_kestrel"}), frozenset()), words="key") == [log["kestrel"]]


@given(words=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_no_words_break_the_query(django_db_setup: None, django_db_blocker: Any, words: str) -> None:
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT audit_query(%s)::tsquery", [words])
        assert cursor.fetchone() is not None


@pytest.mark.parametrize("words", ["axk_live_oldOLD123456", "axk_live_newNEW", "storyboard-old", "storyboard-new"])
def test_prefixes_and_names_of_before_and_after_are_found(happened: Happened, words: str) -> None:
    changes = {
        "public_id": ["axk_live_oldOLD123456", "axk_live_newNEW123456"],
        "name": ["storyboard-old", "storyboard-new"],
        "expires_at": [None, "2026-12-01"],
    }
    event = happened(Verb.KEY_EDITED, changes=changes)
    assert found(words=words) == [event]


def test_the_scope_is_applied_to_every_question(log: dict[str, Event]) -> None:
    halide = Scope(frozenset({"org_halide"}), frozenset())
    assert found(halide) == [log[name] for name in ("denied", "rotated", "issued")]
    assert found(halide, organizations=["org_kestrel"]) == []
    assert found(halide, named="key_other") == []
    assert found(halide, words="storyboard") == []
    assert found(halide, actors=["stf_dov"]) == []
    assert found(Scope(frozenset(), frozenset())) == []


def test_what_belongs_to_no_organization_is_for_those_who_see_all(log: dict[str, Event], happened: Happened) -> None:
    gateway = happened(Verb.GATEWAY_CREATED, organization=None, target=trail.Target("gateway", "gwc_1", "lisbon"))
    assert log["signed_in"] in found(ALL)
    assert log["signed_in"] not in found(Scope(None, frozenset()))
    assert gateway not in found(Scope(None, frozenset()))
    assert gateway in found(Scope(None, frozenset({"gateway"})))
    assert log["signed_in"] not in found(Scope(None, frozenset({"gateway"})))


def test_one_event_is_got_within_the_scope_alone(log: dict[str, Event]) -> None:
    event = log["kestrel"]
    assert search.get(event.id, ALL) == event
    assert search.get(event.id, Scope(frozenset({"org_kestrel"}), frozenset())) == event
    assert search.get(event.id, Scope(frozenset({"org_halide"}), frozenset())) is None
    assert search.get(log["signed_in"].id, Scope(None, frozenset())) is None


def test_an_objects_history_is_what_names_it(log: dict[str, Event]) -> None:
    assert search.newest(search.about("key", PROD.id), ALL, size=8) == [log[n] for n in ("denied", "rotated", "issued")]
    assert search.newest(search.about("organization", HALIDE.id), ALL, size=2) == [log["denied"], log["rotated"]]


def test_a_statement_that_runs_too_long_is_stopped(db: None) -> None:
    with pytest.raises(search.TooSlow), search.limited(0.05), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")


def test_another_failure_of_the_database_is_not_taken_for_slowness(db: None) -> None:
    with pytest.raises(Exception, match="division by zero"), search.limited(1), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def test_a_count_that_takes_too_long_is_left_out(log: dict[str, Event], monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_asking: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        return 1

    monkeypatch.setattr(search, "COUNT_SECONDS", 0.05)
    monkeypatch.setattr(search._Asking, "count", slow)
    page = search.find(Question(), ALL)
    assert page.count is None
    assert page.events[0] == log["signed_in"]


def test_counts_are_capped(log: dict[str, Event], monkeypatch: pytest.MonkeyPatch) -> None:
    assert search.find(Question(), ALL).count == len(log)
    monkeypatch.setattr(search, "COUNTED", 3)
    page = search.find(Question(), ALL)
    assert (page.count, page.is_counted_out) == (4, True)
    assert search.find(Question(words="render"), ALL).count == 3


def test_the_session_is_left_as_it_was(log: dict[str, Event]) -> None:
    found(words="render")
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_bitmapscan")
        assert cursor.fetchone() == ("on",)
