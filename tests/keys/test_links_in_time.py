"""What becomes of one-time links as time goes on: they run out, their secrets stop, a new one takes the place."""

import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from keys import actions, deliveries, link_mail, tasks
from keys.models import DeliveryLink, KeySecret
from tests import factories
from tests.cast import ACTOR

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def _resend(link: DeliveryLink) -> KeySecret:
    handed = actions.resend_link(link=link, actor=ACTOR, recipient="ops", lifetime=DAY)
    return KeySecret.objects.get(pk=handed.link.secret_id)


def test_the_sweep_wipes_what_ran_out_once_and_keeps_it_in_the_list() -> None:
    over, good = factories.LinkFactory(expires_at=timezone.now()), factories.LinkFactory()
    for _ in range(2):
        tasks.end_links()
    over.refresh_from_db()
    good.refresh_from_db()
    assert (over.ciphertext, over.salt, over.cancelled_at) == (None, None, None)
    assert good.ciphertext
    event = Event.objects.get(verb="delivery.expired")
    assert (event.actor_type, event.target_id) == ("system", over.secret.key.uid)


@pytest.mark.parametrize("stopped", [{"secret__state": "retired"}, {"secret__key__state": "revoked"}])
def test_the_sweep_takes_links_off_the_list_whose_secret_has_stopped(stopped: dict[str, str]) -> None:
    link = factories.LinkFactory(**stopped)
    for _ in range(2):
        tasks.end_links()
    link.refresh_from_db()
    assert link.ciphertext is None
    assert not DeliveryLink.objects.unopened().exists()
    assert Event.objects.filter(verb="delivery.expired").count() == 1


def test_a_link_ends_with_its_key() -> None:
    key = factories.KeyFactory(expires_at=timezone.now() + timedelta(hours=2))
    secret = factories.SecretFactory(key=key)
    handed = actions.deliver(secret=secret, text=secret.text, recipient="ops", lifetime=DAY, actor=ACTOR)
    assert handed.link.expires_at == key.expires_at


@pytest.mark.parametrize("lifetime", [timedelta(), -DAY, deliveries.LONGEST + timedelta(seconds=1)])
def test_no_link_works_for_more_than_three_days(lifetime: timedelta) -> None:
    from django.core.exceptions import ValidationError

    secret = factories.SecretFactory()
    with pytest.raises(ValidationError, match="72 hours"):
        actions.deliver(secret=secret, text=secret.text, recipient="ops", lifetime=lifetime, actor=ACTOR)


def test_a_resent_rotation_leaves_the_overlap_of_the_old_secret_alone() -> None:
    old = factories.SecretFactory(state="overlap")
    new = factories.SecretFactory(key=old.key)
    made = _resend(factories.LinkFactory(secret=new))
    old.refresh_from_db()
    assert (old.state, made.state) == ("overlap", "active")


def test_a_resent_secret_that_is_to_begin_begins_when_the_first_would_have() -> None:
    pending = factories.SecretFactory(state="pending")
    made = _resend(factories.LinkFactory(secret=pending))
    assert (made.state, made.activates_at) == ("pending", pending.activates_at)


def test_a_resent_secret_takes_over_the_end_that_was_set_for_the_first() -> None:
    until = timezone.now() + DAY
    current = factories.SecretFactory(overlap_until=until, overlap_after_use=timedelta(hours=1))
    made = _resend(factories.LinkFactory(secret=current))
    assert (made.overlap_until, made.overlap_after_use) == (until, timedelta(hours=1))


def test_an_expired_and_a_cancelled_link_can_be_resent() -> None:
    for fields in ({"expires_at": timezone.now() - DAY}, {"cancelled_at": timezone.now()}):
        assert _resend(factories.LinkFactory(**fields)).state == "active"


@pytest.mark.parametrize("state", ["overlap", "retired"])
def test_a_secret_that_was_rotated_since_is_not_resent(state: str) -> None:
    link = factories.LinkFactory(secret__state=state)
    assert "no longer the key's current one" in actions.resend_problem(link, now=timezone.now())


def test_resending_tells_the_gateways_of_both_secrets() -> None:
    from orgs.models import Change

    old = factories.LinkFactory()
    new = _resend(old)
    change = Change.objects.latest("seq")
    assert (change.kind, sorted(change.public_ids)) == ("key.rotated", sorted([old.secret.public_id, new.public_id]))


def test_home_tells_of_links_that_end_unopened_and_of_those_opened_again(key_admin, browser_of) -> None:
    factories.LinkFactory(secret__key__name="soon", expires_at=timezone.now() + timedelta(hours=3))
    factories.LinkFactory(secret__key__name="far", expires_at=timezone.now() + 2 * DAY)
    factories.LinkFactory(secret__key__name="twice", opened_at=timezone.now(), alarmed_at=timezone.now(), late_opens=1)
    page = browser_of(key_admin).get("/").content.decode()
    assert "The one-time link of soon ends unopened" in page
    assert "The one-time link of twice was opened again" in page
    assert "The one-time link of far" not in page


def test_rotating_settles_the_alarm_on_home(key_admin, browser_of) -> None:
    link = factories.LinkFactory(opened_at=timezone.now(), alarmed_at=timezone.now(), late_opens=1)
    actions.rotate_key(key=link.secret.key, actor=ACTOR, overlap=timedelta())
    assert "was opened again" not in browser_of(key_admin).get("/").content.decode()


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a mail server were set up; what it took stands in `mail.outbox`."""
    monkeypatch.setattr(link_mail, "is_set_up", lambda: True)


def _mail(browser: Client, link: DeliveryLink, recipient: str = "Ops <ops@studio.example>") -> str:
    form = {"handover": "mail", "recipient": recipient, "lifetime": "1h"}
    return browser.post(reverse("keys:resend_link", args=[link.uid]), form).content.decode()


def test_a_mailed_link_is_not_shown(key_admin, browser_of, mail_server: None) -> None:
    page = _mail(browser_of(key_admin, proven=True), factories.LinkFactory())
    assert "The link is on its way" in page
    assert "/d/dlv_" not in page
    (sent,) = mail.outbox
    assert sent.to == ["ops@studio.example"]
    assert "http://testserver/d/dlv_" in sent.body


def test_a_link_that_could_not_be_mailed_is_shown(
    key_admin, browser_of, mail_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise smtplib.SMTPServerDisconnected("away")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    page = _mail(browser_of(key_admin, proven=True), factories.LinkFactory())
    assert "The mail was not sent. Copy the link now" in page
    assert "http://testserver/d/dlv_" in page


@pytest.mark.parametrize("recipient", ["Ops", "ops@", "two@studio.example\nBcc: all@studio.example"])
def test_mail_needs_an_address(key_admin, browser_of, mail_server: None, recipient: str) -> None:
    assert "/d/dlv_" not in _mail(browser_of(key_admin, proven=True), factories.LinkFactory(), recipient)
    assert not mail.outbox


def test_without_a_mail_server_no_mail_is_offered(key_admin, browser_of) -> None:
    link = factories.LinkFactory()
    page = browser_of(key_admin).get(reverse("keys:resend_link", args=[link.uid])).content.decode()
    assert 'value="mail"' not in page
    assert link_mail.address_in(link.recipient)
    _mail(browser_of(key_admin, proven=True), link)
    assert not mail.outbox


def test_links_go_to_the_address_that_customers_have(key_admin, browser_of, settings) -> None:
    settings.DELIVERY_URL = "https://keys.example.com"
    form = {"recipient": "Ops", "lifetime": "1h"}
    link = factories.LinkFactory()
    page = browser_of(key_admin, proven=True).post(reverse("keys:resend_link", args=[link.uid]), form).content.decode()
    assert "https://keys.example.com/d/dlv_" in page


def test_the_link_of_yesterday_cannot_be_opened_tomorrow() -> None:
    link = factories.LinkFactory()
    with time_machine.travel(timezone.now() + 2 * DAY):
        assert Client().post(f"/d/{link.uid}", {"token": link.token}).status_code == 404
