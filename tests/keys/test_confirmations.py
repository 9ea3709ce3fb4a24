"""After a revocation its page shows which gateways have confirmed it, and how long that took."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from keys import confirmations, feed
from keys.models import ApiKey, FeedConfirmation, FeedReader, KeySecret
from orgs.models import Change, ChangeHead, Organization, Staff
from tests.factories import GatewayFactory, SecretFactory

Browser = Callable[..., Client]
REASON = {"code": "leaked", "reason": "Seen in a log"}


@pytest.fixture
def key(her_organization: Organization) -> ApiKey:
    secret: KeySecret = SecretFactory(key__organization=her_organization)
    # Something that every gateway has confirmed before.
    ChangeHead.objects.create(seq=1)
    Change.objects.create(seq=1, at=ago(hours=1), kind="key.issued", organization=her_organization, version=1)
    return secret.key


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


class Feeder:
    """A gateway that has confirmed the feed's first change."""

    def __init__(self, source: str, **fields: Any) -> None:
        self.credential, self.source = GatewayFactory(**fields), source
        self.confirm(1)

    def confirm(self, seq: int) -> None:
        feed.confirm(credential=self.credential.pk, source=self.source, seq=seq)

    @property
    def row(self) -> FeedReader:
        return FeedReader.objects.get(credential=self.credential, source=self.source)

    def has_confirmed(self, change: Change, *, after: float) -> None:
        """Confirm the change so many seconds after its commit."""
        self.confirm(change.seq)
        FeedConfirmation.objects.filter(reader=self.row, seq=change.seq).update(at=change.at + timedelta(seconds=after))

    def was_silent_for(self, seconds: float) -> None:
        FeedReader.objects.filter(pk=self.row.pk).update(polled_at=ago(seconds=seconds))


def revoked(client: Client, key: ApiKey) -> Change:
    response = client.post(f"/keys/{key.uid}/revoke/", REASON)
    assert response.status_code == 302, response.content.decode()
    return Change.objects.latest("seq")


def page(client: Client, key: ApiKey) -> str:
    return client.get(f"/keys/{key.uid}/").content.decode()


def asked(client: Client, key: ApiKey, change: Change) -> Any:
    return client.get(f"/keys/{key.uid}/confirmed/?change={change.seq}", headers={"HX-Request": "true"})


def test_a_revocation_shows_who_has_confirmed_it_and_asks_on(
    key: ApiKey, key_admin: Staff, browser_of: Browser
) -> None:
    first, second = Feeder("gw-1"), Feeder("gw-2")
    client = browser_of(key_admin)
    change = revoked(client, key)
    first.has_confirmed(change, after=0.4)
    text = page(client, key)
    assert "1 of 2 production gateways have confirmed" in text
    assert f'hx-get="/keys/{key.uid}/confirmed/?change={change.seq}" hx-trigger="every 1s"' in text
    assert asked(client, key, change).status_code == 200
    second.has_confirmed(change, after=0.8)
    answer = asked(client, key, change)
    # htmx stops asking at this status.
    assert answer.status_code == 286
    assert "2 of 2 production gateways have confirmed, 0.8 s" in answer.content.decode()


def test_a_page_on_which_all_have_confirmed_asks_no_more(key: ApiKey, key_admin: Staff, browser_of: Browser) -> None:
    gateway, client = Feeder("gw-1"), browser_of(key_admin)
    gateway.has_confirmed(revoked(client, key), after=0.8)
    text = page(client, key)
    assert "1 of 1 production gateway has confirmed, 0.8 s" in text
    assert "every 1s" not in text


def test_after_a_minute_nobody_waits_any_longer(key: ApiKey, key_admin: Staff, browser_of: Browser) -> None:
    Feeder("gw-1")
    client = browser_of(key_admin)
    revoked(client, key)
    old = Change(seq=2, at=ago(seconds=61), kind="key.revoked", organization=key.organization, version=2)
    found = confirmations.of(old)
    assert found.waiting
    assert found.is_over
    assert found.is_late


def test_staging_is_shown_and_not_counted(key: ApiKey, key_admin: Staff, browser_of: Browser) -> None:
    gateway, client = Feeder("gw-1"), browser_of(key_admin)
    Feeder("gw-stage", environment="staging")
    change = revoked(client, key)
    gateway.has_confirmed(change, after=0.5)
    text = asked(client, key, change).content.decode()
    assert "1 of 1 production gateway has confirmed, 0.5 s" in text
    assert "staging, not yet" in text


def test_a_silent_gateway_is_told_apart(key: ApiKey, key_admin: Staff, browser_of: Browser) -> None:
    gateway, silent, client = Feeder("gw-1"), Feeder("gw-mute"), browser_of(key_admin)
    silent.was_silent_for(61)
    change = revoked(client, key)
    gateway.has_confirmed(change, after=0.5)
    answer = asked(client, key, change)
    text = answer.content.decode()
    assert "1 of 1 production gateway has confirmed, 0.5 s" in text
    assert "Silent, with what was kept until" in text
    assert answer.status_code == 286
    # Longer than anything may be kept.
    silent.was_silent_for(400)
    assert "Silent, with nothing kept that is valid: gw-mute." in asked(client, key, change).content.decode()


def test_who_confirmed_and_fell_silent_later_has_confirmed(key: ApiKey, key_admin: Staff, browser_of: Browser) -> None:
    gateway, client = Feeder("gw-1"), browser_of(key_admin)
    change = revoked(client, key)
    gateway.has_confirmed(change, after=0.5)
    gateway.was_silent_for(600)
    assert "1 of 1 production gateway has confirmed, 0.5 s" in page(client, key)


def test_a_gateway_that_began_later_is_told_apart(key: ApiKey, key_admin: Staff, browser_of: Browser) -> None:
    gateway, client = Feeder("gw-1"), browser_of(key_admin)
    change = revoked(client, key)
    gateway.has_confirmed(change, after=0.5)
    late = GatewayFactory()
    feed.confirm(credential=late.pk, source="gw-new", seq=change.seq)
    text = asked(client, key, change).content.decode()
    assert "1 of 1 production gateway has confirmed, 0.5 s; 1 began to follow after it" in text
    assert "began later" in text


def test_where_all_began_later_nothing_is_called_confirmed(key: ApiKey, key_admin: Staff, browser_of: Browser) -> None:
    client = browser_of(key_admin)
    change = revoked(client, key)
    for source in ("gw-1", "gw-2"):
        feed.confirm(credential=GatewayFactory().pk, source=source, seq=change.seq)
    answer = asked(client, key, change)
    text = answer.content.decode()
    assert "No production gateway followed the change feed then; 2 began to follow after it" in text
    assert "confirmed" not in text
    assert 'class="callout ok"' not in text
    assert answer.status_code == 286


def test_a_gateway_that_went_back_has_not_confirmed_any_more(
    key: ApiKey, key_admin: Staff, browser_of: Browser
) -> None:
    gateway, client = Feeder("gw-1"), browser_of(key_admin)
    change = revoked(client, key)
    gateway.has_confirmed(change, after=0.5)
    gateway.confirm(1)
    assert "0 of 1 production gateway has confirmed" in page(client, key)


def test_a_gateway_whose_credential_was_revoked_is_not_waited_for(
    key: ApiKey, key_admin: Staff, browser_of: Browser
) -> None:
    Feeder("gw-old", revoked_at=ago(hours=1))
    client = browser_of(key_admin)
    revoked(client, key)
    assert "No production gateway reads the change feed" in page(client, key)


def test_without_the_right_to_see_gateways_nobody_learns_their_names(
    key: ApiKey, account_manager: Staff, key_admin: Staff, browser_of: Browser
) -> None:
    Feeder("gw-lisbon")
    change = revoked(browser_of(key_admin), key)
    text = asked(browser_of(account_manager), key, change).content.decode()
    assert "0 of 1 production gateway has confirmed" in text
    assert "gw-lisbon" not in text


def test_it_is_a_page_of_its_own_too(key: ApiKey, key_admin: Staff, browser_of: Browser) -> None:
    Feeder("gw-1")
    client = browser_of(key_admin)
    change = revoked(client, key)
    text = client.get(f"/keys/{key.uid}/confirmed/?change={change.seq}").content.decode()
    assert "<h1>" in text
    assert "0 of 1 production gateway has confirmed" in text


@pytest.mark.parametrize("number", ["0", "1", "999", "x", "9" * 40, "-1"])
def test_a_change_of_something_else_is_not_found(
    key: ApiKey, key_admin: Staff, browser_of: Browser, number: str
) -> None:
    client = browser_of(key_admin)
    revoked(client, key)
    assert client.get(f"/keys/{key.uid}/confirmed/", {"change": number}).status_code == 404


def test_a_key_that_nobody_changed_lately_has_nothing_to_confirm(
    key: ApiKey, key_admin: Staff, browser_of: Browser
) -> None:
    assert browser_of(key_admin).get(f"/keys/{key.uid}/confirmed/").status_code == 404
    assert "Confirmed by gateways" not in page(browser_of(key_admin), key)
