"""A secret goes to the customer by a one-time link: the person who makes it never sees the secret."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from keys import deliveries
from keys.models import ApiKey, DeliveryLink, KeySecret
from orgs.models import Organization, Staff
from tests import factories

Browser = Callable[..., Client]
LINK = re.compile(r"http://testserver/d/(dlv_\w{14})#(\w{43})")
BY_LINK = {"handover": "link", "recipient": "Ops <ops@studio.example>", "lifetime": "24h"}


def _issue(browser: Client, organization: Organization, **more: str) -> str:
    form = {"name": "render-farm", "environment": "live", "api_versions": ["v1"], "expires": "90", **more}
    return browser.post(reverse("keys:issue", args=[organization.uid]), form).content.decode()


def _opened(page: str) -> str:
    """What a customer sees who opens the link on the page."""
    found = LINK.search(page)
    assert found, page
    return Client().post(f"/d/{found[1]}", {"token": found[2]}).content.decode()


def test_a_key_is_issued_behind_a_link(key_admin: Staff, other_organization: Organization, browser_of: Browser) -> None:
    page = _issue(browser_of(key_admin, proven=True), other_organization, **BY_LINK)
    secret = KeySecret.objects.get()
    assert "axk_live_" not in page
    assert f"axk_live_{secret.public_id}_" in _opened(page)
    link = DeliveryLink.objects.get()
    assert (link.recipient, link.created_by) == ("Ops <ops@studio.example>", "Kim")
    assert link.expires_at - link.created_at == pytest.approx(
        deliveries.LIFETIMES["24h"], abs=deliveries.LIFETIMES["1h"]
    )


def test_the_answer_with_the_link_is_kept_nowhere(
    key_admin: Staff, other_organization: Organization, browser_of: Browser
) -> None:
    form = {"name": "prod", "environment": "live", "api_versions": ["v1"], "expires": "90", **BY_LINK}
    answer = browser_of(key_admin, proven=True).post(reverse("keys:issue", args=[other_organization.uid]), form)
    assert answer["Cache-Control"] == "no-store"


def test_without_a_choice_the_secret_is_shown(
    key_admin: Staff, other_organization: Organization, browser_of: Browser
) -> None:
    page = _issue(browser_of(key_admin, proven=True), other_organization)
    assert re.search(r"axk_live_\w{12}_\w{38}", page)
    assert not DeliveryLink.objects.exists()


def test_a_link_needs_somebody_whom_it_is_for(
    key_admin: Staff, other_organization: Organization, browser_of: Browser
) -> None:
    page = _issue(browser_of(key_admin, proven=True), other_organization, **{**BY_LINK, "recipient": ""})
    assert "Say for whom the link is." in page
    assert not ApiKey.objects.exists()


def test_a_key_without_its_link_is_not_issued(
    key_admin: Staff, other_organization: Organization, browser_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no link")

    monkeypatch.setattr(deliveries, "seal", fail)
    with pytest.raises(RuntimeError):
        _issue(browser_of(key_admin, proven=True), other_organization, **BY_LINK)
    assert not ApiKey.objects.exists()
    assert not Event.objects.filter(verb="key.issued").exists()


def test_a_rotation_hands_over_by_link(key_admin: Staff, browser_of: Browser) -> None:
    key = factories.SecretFactory().key
    form = {"overlap": "24h", "version": key.version, **BY_LINK}
    page = browser_of(key_admin, proven=True).post(reverse("keys:rotate", args=[key.uid]), form).content.decode()
    new = key.secrets.get(state="active")
    assert f"axk_live_{new.public_id}_" in _opened(page)


def test_the_key_page_and_the_list_show_what_waits(key_admin: Staff, browser_of: Browser) -> None:
    link = factories.LinkFactory()
    browser = browser_of(key_admin)
    for path in (reverse("keys:links"), reverse("keys:detail", args=[link.secret.key.uid])):
        page = browser.get(path).content.decode()
        assert link.recipient in page
        assert reverse("keys:resend_link", args=[link.uid]) in page


def test_a_viewer_sees_links_and_can_do_nothing_with_them(viewer: Staff, browser_of: Browser) -> None:
    link = factories.LinkFactory()
    page = browser_of(viewer).get(reverse("keys:links")).content.decode()
    assert link.recipient in page
    assert reverse("keys:resend_link", args=[link.uid]) not in page


def test_resending_puts_a_new_secret_in_the_place_of_the_undelivered_one(key_admin: Staff, browser_of: Browser) -> None:
    old = factories.LinkFactory()
    page = (
        browser_of(key_admin, proven=True)
        .post(reverse("keys:resend_link", args=[old.uid]), {"recipient": "sec@studio.example", "lifetime": "1h"})
        .content.decode()
    )
    new = old.secret.key.secrets.get(state="active")
    assert new.pk != old.secret.pk
    assert f"axk_live_{new.public_id}_" in _opened(page)
    old.secret.refresh_from_db()
    assert old.secret.state == "retired"
    assert Client().post(f"/d/{old.uid}", {"token": old.token}).status_code == 404


def test_resending_and_cancelling_ask_who_is_there(key_admin: Staff, browser_of: Browser) -> None:
    link = factories.LinkFactory()
    for route in ("keys:resend_link", "keys:cancel_link"):
        form = {"recipient": "sec@studio.example", "lifetime": "1h"}
        assert browser_of(key_admin).post(reverse(route, args=[link.uid]), form).status_code == 422
    link.refresh_from_db()
    assert link.cancelled_at is None


def test_an_opened_link_is_not_resent(key_admin: Staff, browser_of: Browser) -> None:
    link = factories.LinkFactory()
    Client().post(f"/d/{link.uid}", {"token": link.token})
    browser = browser_of(key_admin, proven=True)
    browser.post(reverse("keys:resend_link", args=[link.uid]), {"recipient": "a", "lifetime": "1h"})
    assert link.secret.key.secrets.count() == 1
    assert browser.get(reverse("keys:resend_link", args=[link.uid])).status_code == 302


def test_a_cancelled_link_opens_nothing(key_admin: Staff, browser_of: Browser) -> None:
    link = factories.LinkFactory()
    answer = browser_of(key_admin, proven=True).post(reverse("keys:cancel_link", args=[link.uid]), {"reason": "typo"})
    assert answer.status_code == 302
    assert Client().post(f"/d/{link.uid}", {"token": link.token}).status_code == 404
    link.refresh_from_db()
    assert (link.ciphertext, link.salt) == (None, None)
    assert Event.objects.get(verb="delivery.cancelled").reason == "typo"


def test_the_alarm_is_settled_with_a_reason(key_admin: Staff, browser_of: Browser) -> None:
    link = factories.LinkFactory()
    for address in ("203.0.113.7", "203.0.113.8"):
        Client().post(f"/d/{link.uid}", {"token": link.token}, REMOTE_ADDR=address)
    browser = browser_of(key_admin, proven=True)
    assert "Opened again" in browser.get(reverse("keys:links")).content.decode()
    assert browser.post(reverse("keys:settle_alarm", args=[link.uid]), {}).status_code == 422
    assert (
        browser.post(reverse("keys:settle_alarm", args=[link.uid]), {"reason": "they loaded it twice"}).status_code
        == 302
    )
    assert "Opened again" not in browser.get(reverse("keys:links")).content.decode()
