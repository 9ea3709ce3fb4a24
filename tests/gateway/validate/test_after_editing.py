"""What the gateway is told right after somebody paused, resumed or edited a key, its identity being cached."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from keys import actions
from keys.models import KeySecret
from tests.cast import ACTOR
from tests.gateway.conftest import Gateway

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
HOUR = timedelta(hours=1)


@pytest.fixture
def known(calling: Gateway, secret: KeySecret) -> KeySecret:
    """A secret that the process has just seen."""
    assert calling.validate(secret)["code"] == "VALID"
    return secret


def test_a_paused_key_is_refused_and_a_resumed_one_passes(calling: Gateway, known: KeySecret) -> None:
    actions.pause_key(key=known.key, actor=ACTOR, reason="because")
    answer = calling.validate(known)
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("PAUSED", 403, "key")
    actions.resume_key(key=known.key, actor=ACTOR)
    assert calling.validate(known)["code"] == "VALID"


def test_a_revoked_key_that_was_paused_is_told_as_revoked(calling: Gateway, known: KeySecret) -> None:
    actions.pause_key(key=known.key, actor=ACTOR, reason="because")
    actions.revoke_key(key=known.key, actor=ACTOR, code="leaked", reason="because")
    assert calling.validate(known)["code"] == "REVOKED"


@pytest.mark.parametrize(
    ("networks", "passes", "refused"),
    [
        (["203.0.113.0/24"], ["203.0.113.9", "::ffff:203.0.113.9"], ["203.0.114.9", "2001:db8::1", None]),
        (["2001:db8::/32"], ["2001:db8:1::9"], ["2001:db9::9", "203.0.113.9"]),
        (["::ffff:203.0.113.0/120"], ["203.0.113.9", "::ffff:203.0.113.9"], ["::ffff:203.0.114.9"]),
        (["0.0.0.0/0"], ["203.0.113.9"], ["2001:db8::1"]),
    ],
)
def test_a_new_allow_list_holds_from_the_next_call(
    networks: list[str], passes: list[str], refused: list[str | None], calling: Gateway, known: KeySecret
) -> None:
    actions.edit_key(key=known.key, actor=ACTOR, values={"allowed_cidrs": networks})
    for address in passes:
        assert calling.validate(known, client_ip=address)["code"] == "VALID", address
    for outside in refused:
        assert calling.validate(known, client_ip=outside)["code"] == "IP_NOT_ALLOWED", outside
    actions.edit_key(key=known.key, actor=ACTOR, values={"allowed_cidrs": []})
    assert calling.validate(known)["code"] == "VALID"


def test_a_beginning_holds_to_the_second(calling: Gateway, known: KeySecret) -> None:
    actions.edit_key(key=known.key, actor=ACTOR, values={"not_before": NOW + HOUR})
    assert calling.validate(known)["code"] == "NOT_YET_ACTIVE"
    with time_machine.travel(NOW + HOUR, tick=False):
        assert calling.validate(known)["code"] == "VALID"


def test_an_end_holds_to_the_second(calling: Gateway, known: KeySecret) -> None:
    actions.edit_key(key=known.key, actor=ACTOR, values={"expires_at": NOW + HOUR})
    assert calling.validate(known)["code"] == "VALID"
    with time_machine.travel(NOW + HOUR, tick=False):
        assert calling.validate(known)["code"] == "EXPIRED"


def test_a_version_that_was_taken_away_is_refused(calling: Gateway, known: KeySecret) -> None:
    actions.edit_key(key=known.key, actor=ACTOR, values={"api_versions": ["v1"]})
    assert calling.validate(known)["code"] == "VERSION_NOT_ALLOWED"
    assert calling.validate(known, api_version="v1")["code"] == "VALID"
