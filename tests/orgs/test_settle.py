"""A committed change gives its organization a new token; whoever answers a revocation waits for it, or five seconds."""

import time

import pytest
import redis
from django.db import transaction

from orgs import changes, tokens
from orgs.models import Organization
from tests.factories import OrganizationFactory, record_fixture


@pytest.fixture
def organization(db: None) -> Organization:
    made: Organization = OrganizationFactory()
    return made


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each wait was to be, however long a machine that is busy made of it."""
    taken: list[float] = []
    sleep = time.sleep
    monkeypatch.setattr(changes.time, "sleep", lambda seconds: (taken.append(seconds), sleep(seconds)))
    return taken


def change(organization: Organization) -> None:
    with transaction.atomic():
        changes.announce(organization=organization, kind="key.revoked")
        record_fixture(organization.uid)


def test_each_change_gives_the_organization_and_everybody_a_new_token(
    organization: Organization, workers_valkey: redis.Redis
) -> None:
    names, seen = [tokens.name(organization.pk), tokens.EVERYBODYS], []
    for _ in range(3):
        change(organization)
        seen.append(workers_valkey.mget(names))
    assert None not in seen[0]
    assert len({token for both in seen for token in both}) == 6


def test_what_is_rolled_back_changes_no_token(organization: Organization, workers_valkey: redis.Redis) -> None:
    with transaction.atomic():
        changes.announce(organization=organization, kind="key.revoked")
        transaction.set_rollback(True)
    assert workers_valkey.get(tokens.name(organization.pk)) is None


def test_an_acknowledged_token_is_waited_for_no_longer(organization: Organization, naps: list[float]) -> None:
    change(organization)
    changes.settle(organization)
    assert naps == []


def test_a_lost_token_is_waited_for_until_the_feed_has_reached_everybody(
    organization: Organization, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "FEED_SECONDS", 0.7)
    monkeypatch.setattr(tokens, "renew", _lose)
    began = time.monotonic()
    change(organization)
    changes.settle(organization)
    assert time.monotonic() - began >= 0.7
    assert sum(naps) <= 0.7
    # Nobody waits for it twice.
    naps.clear()
    changes.settle(organization)
    assert naps == []


def test_a_lost_token_that_is_made_good_is_waited_for_no_longer(
    organization: Organization, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(tokens, "renew", _lose)
        change(organization)
    changes.settle(organization)
    assert naps == []


def test_a_later_loss_is_not_made_good_by_an_earlier_token(organization: Organization) -> None:
    lost = changes._Lost()
    lost.note(organization.pk, at=20.0)
    lost.forget(organization.pk, until=10.0)
    assert lost.since(organization.pk) == 20.0
    lost.forget(organization.pk, until=20.0)
    assert lost.since(organization.pk) is None


def _lose(organization: int) -> None:
    raise redis.ConnectionError("lost")
