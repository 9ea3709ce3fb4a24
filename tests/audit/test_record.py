"""The door: what may be written, by whom, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from audit import fingerprint, trail, uuid7
from audit.models import Event
from audit.verbs import Verb
from tests.audit.conftest import DANA, HALIDE, KESTREL, PROD

KEY = "axk_live_" + "a" * 12 + "_" + "b" * 38
Happened = Callable[..., Event]


def test_an_event_says_who_did_what_to_what(happened: Happened) -> None:
    event = happened(
        Verb.KEY_ROTATED,
        changes={"expires_at": ["2026-12-01", None]},
        detail={"overlap": "24 h", "public_id": "axk_live_aaaaaaaaaaaa"},
        reason="scheduled rotation",
        ticket="SUP-2209",
        further=[trail.Target("contact", "con_1", "Render team")],
    )
    event.refresh_from_db()
    assert event.sentence == "Dana Reed rotated key render-farm-prod of Halide & Sons, overlap 24 h"
    assert (event.verb, event.operation, event.outcome) == ("key.rotated", "update", "success")
    assert (event.actor_type, event.actor_id, event.actor_roles) == ("staff", "stf_dana", ["Key admin"])
    assert event.changes == {"expires_at": ["2026-12-01", None]}
    assert event.names == ["con_1", "key_prod", "org_halide"]
    assert event.further == [{"type": "contact", "id": "con_1", "label": "Render team"}]
    assert (event.reason, event.ticket, event.request_id) == ("scheduled rotation", "SUP-2209", "req-dana")


def test_its_id_and_its_times_agree(happened: Happened) -> None:
    event = happened(ago=timedelta(days=3))
    event.refresh_from_db()
    assert abs(uuid7.time_of(event.id) - event.occurred_at) < timedelta(milliseconds=1)
    assert event.recorded_at > event.occurred_at


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its change"):
        trail.record(Verb.KEY_EDITED, actor=DANA, target=PROD)
    assert not Event.objects.filter(verb="key.edited").exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_leaves_no_event() -> None:
    with transaction.atomic():
        trail.record(Verb.KEY_EDITED, actor=DANA, target=PROD)
        transaction.set_rollback(True)
    assert not Event.objects.filter(verb="key.edited").exists()


@pytest.mark.django_db(transaction=True)
def test_a_refusal_outlives_the_change_that_was_rolled_back() -> None:
    with pytest.raises(KeyError), transaction.atomic():
        raise KeyError
    trail.record_refusal(Verb.KEY_ISSUED, actor=DANA, target=PROD, organization=HALIDE, reason="not hers")
    event = Event.objects.get(verb="key.issued")
    assert (event.outcome, event.reason) == ("denied", "not hers")
    assert event.sentence == "Dana Reed may not issue key render-farm-prod for Halide & Sons"


@pytest.mark.django_db(transaction=True)
def test_a_refusal_inside_a_transaction_would_be_lost_with_it_and_is_an_error() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        trail.record_refusal(Verb.KEY_ISSUED, actor=DANA, target=PROD)


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_a_verb_that_wants_a_reason_gets_one(happened: Happened, reason: str) -> None:
    with pytest.raises(trail.ReasonRequired) as refused:
        happened(Verb.KEY_REVOKED, reason=reason)
    assert refused.value.field == "reason"
    assert not Event.objects.filter(verb="key.revoked").exists()
    assert happened(Verb.KEY_REVOKED, reason="leaked").reason == "leaked"


def test_a_refused_attempt_needs_no_reason(happened: Happened) -> None:
    assert happened(Verb.KEY_REVOKED, outcome="denied").reason == ""


@pytest.mark.parametrize("told", [{"changes": {"digest": ["a", "b"]}}, {"detail": {"plaintext": "a"}}])
def test_a_field_that_the_verb_does_not_allow_is_an_error(happened: Happened, told: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"may not hold (digest|plaintext)"):
        happened(Verb.KEY_EDITED, **told)
    assert not Event.objects.filter(verb="key.edited").exists()


@pytest.mark.parametrize("pair", [["only one"], ["one", "two", "three"]])
def test_a_change_is_a_before_and_an_after(happened: Happened, pair: list[str]) -> None:
    with pytest.raises(ValueError, match="before, after"):
        happened(Verb.KEY_EDITED, changes={"name": pair})


@pytest.mark.parametrize("value", [1.5, b"x", {"a": 1}, object()])
def test_a_value_is_plain(happened: Happened, value: Any) -> None:
    with pytest.raises(TypeError, match="plain values"):
        happened(Verb.KEY_EDITED, changes={"name": [None, value]})


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("reason", "x" * 501, "At most 500 characters; this has 501."),
        ("ticket", "x" * 65, "At most 64 characters; this has 65."),
        ("reason", "nul\0", "control characters"),
        ("reason", "look \u202eback", "reorder text"),
        ("ticket", "esc\x1b[31m", "control characters"),
        ("reason", f"leaked: {KEY}", "holds a whole key"),
    ],
)
def test_what_a_person_wrote_wrongly_is_told_beside_its_field(
    happened: Happened, field: str, text: str, message: str
) -> None:
    with pytest.raises(trail.EntryRefused, match=message) as refused:
        happened(Verb.KEY_EDITED, **{field: text})
    assert refused.value.field == field
    assert KEY not in refused.value.message


def test_line_breaks_in_a_reason_become_spaces(happened: Happened) -> None:
    assert happened(reason=" first\r\nsecond ").reason == "first second"


def test_an_organization_that_is_the_target_is_named_once(happened: Happened) -> None:
    assert happened(Verb.ORGANIZATION_EDITED, target=HALIDE, organization=HALIDE).names == ["org_halide"]


def test_what_is_done_to_an_organization_belongs_to_it(happened: Happened) -> None:
    event = happened(Verb.ORGANIZATION_EDITED, target=HALIDE, organization=None)
    assert (event.organization, event.organization_label) == ("org_halide", "Halide & Sons")


def test_commands_and_the_system_are_actors_too(happened: Happened) -> None:
    assert happened(actor=trail.cli("dana")).actor_id == "dana"
    assert happened(actor=trail.cli()).sentence.startswith("cli edited")
    assert happened(Verb.KEY_OVERLAP_ENDED, actor=trail.SYSTEM).sentence.startswith("Axis Admin ended the overlap")


def test_the_database_knows_its_outcomes_and_actors(happened: Happened) -> None:
    for column, value in (("outcome", "perhaps"), ("actor_type", "ghost"), ("verb", "Nonsense"), ("names", [])):
        event = happened(Verb.KEY_EDITED, organization=KESTREL)
        event.id = uuid7.make()
        setattr(event, column, value)
        with pytest.raises(Exception, match="violates check constraint"), transaction.atomic():
            event.save(force_insert=True)


def test_the_event_is_of_the_callers_transaction(happened: Happened) -> None:
    event = happened()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text, txid::text FROM audit_event WHERE id = %s", [event.id])
        current, recorded = cursor.fetchone()
    assert current == recorded


def _renamed(target: trail.Target) -> trail.Happened:
    return trail.Happened(Verb.KEY_EDITED, target, organization=HALIDE, changes={"name": ["a", "b"]})


@pytest.mark.django_db
def test_many_are_recorded_as_each_would_be() -> None:
    others = [trail.Target("key", f"key_{number}", f"key {number}") for number in range(3)]
    parent = uuid7.make()
    actor = replace(DANA, parent=parent)
    with transaction.atomic():
        many = trail.record_many(map(_renamed, others), actor=actor)
        alone = trail.record(
            Verb.KEY_EDITED, actor=actor, target=others[0], organization=HALIDE, changes={"name": ["a", "b"]}
        )
    kept = list(Event.objects.filter(verb="key.edited").order_by("id"))
    assert [event.id for event in kept] == [*(event.id for event in many), alone.id]
    assert [event.target_id for event in kept[:3]] == ["key_0", "key_1", "key_2"]
    assert {fingerprint.of(event) == bytes(event.content_hash) for event in kept} == {True}
    differing = {"id", "occurred_at"}
    first, same = (fingerprint.content(event) for event in (kept[0], kept[3]))
    assert {name for name in first if first[name] != same[name]} == differing
    assert len({bytes(event.salt) for event in kept}) == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("odd", "error"),
    [
        (trail.Happened(Verb.KEY_EDITED, PROD, changes={"digest": ["a", "b"]}), ValueError),
        (trail.Happened(Verb.KEY_EDITED, PROD, changes={"name": ["a"]}), ValueError),
        (trail.Happened(Verb.KEY_REVOKED, PROD), trail.ReasonRequired),
    ],
)
def test_one_of_many_that_may_not_be_recorded_keeps_all_out(odd: trail.Happened, error: type[Exception]) -> None:
    with pytest.raises(error):
        trail.record_many([_renamed(PROD), odd], actor=DANA)
    assert not Event.objects.filter(verb__startswith="key.").exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_many_are_not_recorded_either() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its change"):
        trail.record_many([_renamed(PROD)], actor=DANA)
    assert trail.record_many([], actor=DANA) == []
    assert not Event.objects.filter(verb="key.edited").exists()
