"""The content hash: the same after reading back, another after any change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from audit import fingerprint
from audit.models import Event
from audit.verbs import Verb

Happened = Callable[..., Event]


@pytest.fixture
def event(happened: Happened) -> Event:
    written = happened(
        Verb.KEY_EDITED,
        ago=timedelta(microseconds=123_457),
        changes={
            "name": ["prod", "proð 👩‍💻"],
            "expires_at": [None, "2026-12-01"],
            "api_versions": [["v1"], ["v1", "v2"]],
        },
        detail={"purpose": "nightly", "last_four": "a1B2"},
        reason="renamed",
        ticket="SUP-1",
    )
    return Event.objects.get(pk=written.pk)


def test_it_recomputes_from_the_row_as_it_was_read(event: Event) -> None:
    assert bytes(event.content_hash) == fingerprint.of(event)
    assert event.is_sound


HASHED = {
    "verb": "key.issued",
    "operation": "create",
    "outcome": "denied",
    "actor_type": "cli",
    "actor_id": "stf_other",
    "actor_label": "Somebody else",
    "actor_roles": [],
    "auth_methods": ["passkey"],
    "on_behalf_of": "x",
    "organization": "org_other",
    "organization_label": "x",
    "target_type": "x",
    "target_id": "x",
    "target_label": "x",
    "further": [{"type": "x", "id": "x", "label": "x"}],
    "names": ["key_prod"],
    "changes": {},
    "detail": {},
    "reason": "other",
    "ticket": "",
    "approval": "x",
    "request_id": "x",
    "parent": uuid4(),
    "address": "10.0.0.1",
    "user_agent": "x",
    "route": "x",
    "sentence": "x",
    "schema_version": 2,
    "id": uuid4(),
    "salt": b"0" * 16,
}


@pytest.mark.parametrize("field", HASHED)
def test_a_change_of_any_field_is_seen(event: Event, field: str) -> None:
    setattr(event, field, HASHED[field])
    assert not event.is_sound


def test_a_microsecond_is_seen(event: Event) -> None:
    event.occurred_at += timedelta(microseconds=1)
    assert not event.is_sound


def test_every_field_is_hashed_but_those_that_the_database_adds() -> None:
    fields = {field.name for field in Event._meta.get_fields()}
    assert fields - set(HASHED) == {"occurred_at", "recorded_at", "search", "txid", "content_hash"}


def test_two_events_of_the_same_content_have_hashes_of_their_own(happened: Happened) -> None:
    one, other = happened(), happened()
    assert one.salt != other.salt
    assert one.content_hash != other.content_hash


def test_the_order_in_which_values_were_given_does_not_matter(event: Event) -> None:
    before = fingerprint.of(event)
    changes: dict[str, Any] = event.changes
    event.changes = dict(reversed(changes.items()))
    assert fingerprint.of(event) == before
