"""Whoever is told that calls are refused is told so once every process refuses them."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from keys.models import KeySecret
from orgs import changes
from orgs.models import Organization, Staff
from tests.factories import SecretFactory
from tests.keys.rotation.conftest import HOUR

WHY = {"reason": "found in a public repository"}
STEPS = {
    "revoke": {"code": "leaked"},
    "pause": {},
    "rotate": {"overlap": "now"},
    "rotation/end": {},
    "rotation/undo": {},
}


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[Organization]:
    """For which organizations somebody waited until their last change had reached everybody."""
    known: list[Organization] = []
    monkeypatch.setattr(changes, "settle", known.append)
    return known


@pytest.fixture
def secret(db: None) -> KeySecret:
    """The current secret of a key that was rotated just now."""
    old = SecretFactory(state="overlap", overlap_began_at=timezone.now(), overlap_until=timezone.now() + HOUR)
    made: KeySecret = SecretFactory(key=old.key)
    return made


@pytest.fixture
def ada(administrator: Staff, browser_of: Any) -> Client:
    """The administrator's browser, with a fresh proof."""
    client: Client = browser_of(administrator, proven=True)
    return client


@pytest.mark.parametrize("step", STEPS)
def test_by_the_page_of_a_key(step: str, secret: KeySecret, ada: Client, settled: list[Organization]) -> None:
    version = secret.key.version
    answer = ada.post(f"/keys/{secret.key.uid}/{step}/", {**WHY, **STEPS[step], "version": version})
    assert answer.status_code in (200, 302)
    assert settled == [secret.key.organization]


@pytest.mark.parametrize("step", ["suspend", "close"])
def test_by_the_page_of_an_organization(step: str, secret: KeySecret, ada: Client, settled: list[Organization]) -> None:
    assert ada.post(f"/orgs/{secret.key.organization.uid}/{step}/", WHY).status_code == 302
    assert settled == [secret.key.organization]


@pytest.mark.parametrize(
    "command",
    [
        ["revoke_key", "--reason", "leaked"],
        ["pause_key", "--reason", "leaked"],
        ["rotate_key", "--overlap", "now"],
    ],
    ids=lambda command: command[0],
)
def test_by_a_command(command: list[str], secret: KeySecret, settled: list[Organization]) -> None:
    name, *options = command
    call_command(name, secret.key.uid, *options, stdout=StringIO(), stderr=StringIO())
    assert settled == [secret.key.organization]


def test_what_was_refused_itself_is_not_waited_for(secret: KeySecret, ada: Client, settled: list[Organization]) -> None:
    assert ada.post(f"/keys/{secret.key.uid}/revoke/", {"code": "leaked"}).status_code == 422
    assert settled == []
