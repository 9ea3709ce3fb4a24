"""Refusals that were noted are written down once, and stand with whom they concern."""

from collections.abc import Callable

import pytest
import redis

from keys import freshness, refusals, tasks
from keys.limits import store
from keys.models import Refusal
from orgs.models import Organization
from tests.factories import OrganizationFactory, SecretFactory

Note = Callable[..., None]


@pytest.fixture
def organization(db: None) -> Organization:
    made: Organization = OrganizationFactory()
    return made


def test_an_unknown_key_stands_with_the_organization_that_the_caller_named(
    organization: Organization, unknown: Note
) -> None:
    unknown(organization.uid, number=1, request_id="r-1")
    unknown("org_nobody", number=2)
    tasks.flush_uses()
    found = {refusal.decision_id[-1]: refusal for refusal in Refusal.objects.all()}
    assert (found["1"].organization, found["1"].request_id, found["1"].key) == (organization, "r-1", None)
    assert (found["2"].organization, found["2"].organization_named) == (None, "org_nobody")


def test_a_look_up_is_told_from_a_call(organization: Organization, unknown: Note) -> None:
    unknown(organization.uid, number=1)
    unknown(organization.uid, number=2, admit=False)
    tasks.flush_uses()
    assert {refusal.decision_id[-1]: refusal.is_look_up for refusal in Refusal.objects.all()} == {
        "1": False,
        "2": True,
    }


def test_a_wrong_secret_stands_with_its_key_only_where_the_caller_named_its_organization(
    organization: Organization, unknown: Note
) -> None:
    secret = SecretFactory()
    unknown(secret.key.organization.uid, number=1, prefix=secret.public_id)
    unknown(organization.uid, number=2, prefix=secret.public_id)
    tasks.flush_uses()
    found = {refusal.decision_id[-1]: refusal.key for refusal in Refusal.objects.all()}
    assert found == {"1": secret.key, "2": None}


def test_writing_twice_and_dying_in_between_keeps_one(
    organization: Organization, unknown: Note, monkeypatch: pytest.MonkeyPatch, valkey: redis.Redis
) -> None:
    unknown(organization.uid)
    with monkeypatch.context() as patched:
        patched.setattr(redis.Redis, "xdel", _crash)
        with pytest.raises(KeyboardInterrupt):
            refusals.flush()
    assert Refusal.objects.count() == 1
    for _ in range(2):
        refusals.flush()
    assert Refusal.objects.count() == 1
    assert valkey.xlen(refusals.stream_of(None)) == 0


def test_more_than_are_read_at_once_are_all_written_down(
    organization: Organization, unknown: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "READ_AT_ONCE", 3)
    for number in range(8):
        unknown(organization.uid, number=number)
    refusals.flush()
    assert Refusal.objects.count() == 8


def test_a_page_refreshes_one_organization_and_is_shown_also_while_the_store_is_away(
    organization: Organization, unknown: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown(organization.uid)
    connect = store.connect
    with monkeypatch.context() as patched:
        patched.setattr(store, "connect", lambda url, **options: connect("unix:///nowhere/valkey.sock", **options))
        assert freshness.refresh(organization.pk) is False
    assert freshness.refresh(organization.pk) is True
    assert Refusal.objects.get().organization == organization


def _crash(*args: object) -> None:
    raise KeyboardInterrupt
