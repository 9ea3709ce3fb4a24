"""Abuse 17, 26 and 28: what comes from outside can neither break a line, nor lie, nor carry a secret into the trail."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection

from audit import trail
from audit.models import Event
from audit.verbs import Verb
from tests.audit.conftest import DANA, HALIDE, PROD

KEY = "axk_live_" + "a" * 12 + "_" + "b" * 38
HOSTILE = "a\0b\nc\x1b[2Jd\u202ee\ud800f"
NEUTRAL = "a\ufffdb\ufffdc\ufffd[2Jd\ufffde\ufffdf"
Happened = Callable[..., Event]


@pytest.fixture
def hostile(happened: Happened) -> Event:
    """Everything that a caller can bring in, brought in as badly as possible."""
    actor = replace(DANA, label=HOSTILE, user_agent=HOSTILE, request_id=HOSTILE, route=HOSTILE, on_behalf_of=HOSTILE)
    organization = trail.Target("organization", HALIDE.id, HOSTILE)
    event = happened(
        Verb.KEY_EDITED,
        actor=actor,
        target=trail.Target("key", PROD.id, HOSTILE),
        organization=organization,
        further=[organization],
        changes={"name": [HOSTILE, "kept"], "api_versions": [[HOSTILE], []]},
        detail={"purpose": HOSTILE},
    )
    event.refresh_from_db()
    return event


def test_controls_and_bidi_marks_become_visible(hostile: Event) -> None:
    outside = (hostile.actor_label, hostile.user_agent, hostile.request_id, hostile.route, hostile.on_behalf_of)
    assert set(outside) == {NEUTRAL}
    assert (hostile.target_label, hostile.organization_label) == (NEUTRAL, NEUTRAL)
    assert hostile.further[0]["label"] == NEUTRAL
    assert hostile.sentence == f"{NEUTRAL} edited key {NEUTRAL} of {NEUTRAL}"


def test_values_are_one_line_each(hostile: Event) -> None:
    one_line = NEUTRAL.replace("\ufffdc", " c")
    assert hostile.changes == {"name": [one_line, "kept"], "api_versions": [[one_line], []]}
    assert hostile.detail == {"purpose": one_line}


def test_a_neutralised_event_is_sound(hostile: Event) -> None:
    assert hostile.is_sound


def test_a_refusal_may_quote_anything(happened: Happened) -> None:
    event = happened(Verb.KEY_ISSUED, outcome="denied", reason=f"{HOSTILE} {KEY} " + "x" * 1_000)
    assert event.reason.startswith(NEUTRAL.replace("\ufffdc", " c"))
    assert len(event.reason) == trail.LONGEST_REASON
    assert KEY not in event.reason


def test_a_user_agent_of_ten_megabytes_is_cut(happened: Happened) -> None:
    event = happened(actor=replace(DANA, user_agent="x" * 10_000_000))
    assert len(event.user_agent) == trail.LONGEST_USER_AGENT
    assert event.user_agent.endswith("…")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("198.51.100.17", "198.51.100.17"),
        ("::ffff:198.51.100.17", "198.51.100.17"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("198.51.100.17, 10.0.0.1", None),
        ("'; DROP TABLE audit_event", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_an_address_or_nothing(happened: Happened, written: str | None, kept: str | None) -> None:
    event = happened(actor=replace(DANA, address=written))
    event.refresh_from_db()
    assert event.address == kept
    assert event.is_sound


def test_a_whole_key_is_nowhere_in_the_row(happened: Happened) -> None:
    happened(
        Verb.KEY_EDITED,
        actor=replace(DANA, label=KEY, user_agent=f"curl {KEY}", request_id=KEY, route=KEY),
        target=trail.Target("key", "key_1", KEY),
        organization=trail.Target("organization", HALIDE.id, KEY),
        changes={"name": [KEY, KEY], "api_versions": [[KEY], None]},
        detail={"purpose": KEY},
    )
    happened(Verb.KEY_EDITED, outcome="denied", reason=KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(e) FROM audit_event e WHERE verb = 'key.edited'")
        rows = json.dumps(cursor.fetchall(), default=str)
    assert "axk_live_aaaaaaaaaaaa" in rows
    assert "b" * 38 not in rows
