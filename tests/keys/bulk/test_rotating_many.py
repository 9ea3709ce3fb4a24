"""New secrets for many keys: mailed as links, or held until somebody hands each over. They stand nowhere else."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from audit.models import Event, Job
from keys import actions, bulk_rotation, link_mail
from keys.models import DeliveryLink, KeySecret
from tests import factories
from tests.cast import ACTOR
from tests.jobs import run_to_the_end
from tests.keys.bulk.conftest import WHY, a_job, results

pytestmark = pytest.mark.django_db
ROTATE = {"overlap": "7d", "handover": "mail", **WHY}
MYSELF = {"overlap": "use-24h", "handover": "myself", **WHY}
LINK = re.compile(r"http://testserver/d/(dlv_\w{14})#(\w{43})")


@pytest.fixture
def mailed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail reaches customers here."""
    settings.DELIVERY_URL = "https://keys.axis.example"
    monkeypatch.setattr(link_mail, "is_set_up", lambda: True)


def test_new_secrets_go_by_mail_as_links_and_stand_nowhere_else(kim: Client, mailed: None) -> None:
    old = factories.SecretFactory(key__name="web")
    contact = factories.ContactFactory(organization=old.key.organization, email="ops@studio.example")
    job = run_to_the_end(a_job(kim, "rotate", ROTATE))
    assert results(job)["web"] == ("done", "Rotated, overlap 7 d. The link went to ops@studio.example.")
    (letter,) = [each for each in mail.outbox if "keys.axis.example" in each.body]
    assert letter.to == [contact.email]
    token = re.search(r"https://keys\.axis\.example/d/(dlv_\w+)#(\w+)", letter.body)
    assert token
    link = DeliveryLink.objects.get(uid=token[1])
    assert link.secret.key == old.key
    old.refresh_from_db()
    assert old.state == KeySecret.State.OVERLAP
    kept = repr([list(model.objects.values()) for model in (Job, Event)]) + repr(list(job.items.values()))
    assert token[2] not in kept


def test_a_customer_without_a_technical_contact_cannot_be_mailed(kim: Client, mailed: None) -> None:
    factories.SecretFactory()
    page = kim.post("/keys/bulk/rotate/?all=1", ROTATE).text
    assert "has no technical contact" in page
    assert 'name="seen"' not in page
    assert KeySecret.objects.count() == 1


def test_without_mail_one_hands_over_oneself(kim: Client) -> None:
    factories.SecretFactory()
    page = kim.get("/keys/bulk/rotate/?all=1").text
    assert "I hand each over myself" in page
    assert "Mail a one-time link" not in page
    assert kim.post("/keys/bulk/rotate/?all=1", ROTATE).status_code == 422


def test_a_job_that_was_to_mail_leaves_the_keys_alone_when_mail_is_gone(
    kim: Client, mailed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.ContactFactory(organization=factories.SecretFactory(key__name="web").key.organization)
    job = a_job(kim, "rotate", ROTATE)
    monkeypatch.setattr(link_mail, "is_set_up", lambda: False)
    run_to_the_end(job)
    assert results(job)["web"] == ("refused", bulk_rotation.NO_MAIL)
    assert KeySecret.objects.count() == 1


def test_a_mail_server_that_refuses_leaves_the_key_as_it_was(
    kim: Client, mailed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = factories.SecretFactory(key__name="web")
    factories.ContactFactory(organization=secret.key.organization, email="ops@studio.example")
    job = a_job(kim, "rotate", ROTATE)
    monkeypatch.setattr(link_mail, "send", lambda *args, **kwargs: False)
    run_to_the_end(job)
    assert results(job)["web"][0] == "refused"
    assert "Nothing was changed" in results(job)["web"][1]
    assert KeySecret.objects.get().state == KeySecret.State.ACTIVE
    assert not DeliveryLink.objects.exists()


def test_what_one_hands_over_oneself_waits_and_nobody_has_it(kim: Client) -> None:
    old = factories.SecretFactory(key__name="web")
    job = run_to_the_end(a_job(kim, "rotate", MYSELF))
    told = ("done", "Rotated, overlap 24 h after first use of the new one. Nobody has the new secret yet.")
    assert results(job)["web"] == told
    old.refresh_from_db()
    assert (old.state, old.overlap_after_use) == ("overlap", timedelta(hours=24))
    link = DeliveryLink.objects.get()
    assert link.is_held
    assert (link.ciphertext, link.salt) == (None, None)
    assert link.recipient == str(old.key.organization)
    assert Event.objects.get(verb="delivery.held").parent == job.event


def test_the_job_and_the_list_of_links_lead_to_the_handover(kim: Client) -> None:
    old = factories.SecretFactory(key__name="web")
    job = run_to_the_end(a_job(kim, "rotate", MYSELF))
    assert f'href="/keys/{old.key.uid}/#links"' in kim.get(f"/jobs/{job.pk}/").text
    link = DeliveryLink.objects.get()
    for path in (f"/keys/{old.key.uid}/", "/keys/links/"):
        page = kim.get(path).text
        assert "Not handed over" in page
        assert f'href="/keys/links/{link.uid}/resend/"' in page
    assert "waits to be handed over" in kim.get("/").text


def test_handing_over_brings_a_fresh_secret_behind_a_link_that_is_shown_once(kim: Client) -> None:
    old = factories.SecretFactory(key__name="web")
    run_to_the_end(a_job(kim, "rotate", MYSELF))
    held = DeliveryLink.objects.get()
    page = kim.get(f"/keys/links/{held.uid}/resend/").text
    assert "Hand over secret" in page
    page = kim.post(f"/keys/links/{held.uid}/resend/", {"recipient": "ops@studio.example", "lifetime": "24h"}).text
    found = LINK.search(page)
    assert found, page
    new = old.key.secrets.get(state="active")
    assert new != held.secret
    assert str(new) in Client().post(f"/d/{found[1]}", {"token": found[2]}).text
    old.refresh_from_db()
    assert (old.state, old.overlap_after_use) == ("overlap", timedelta(hours=24))
    assert "Not handed over" not in kim.get("/keys/links/").text


def test_a_held_link_opens_nothing_and_is_not_just_cancelled(kim: Client) -> None:
    factories.SecretFactory()
    run_to_the_end(a_job(kim, "rotate", MYSELF))
    held = DeliveryLink.objects.get()
    assert Client().post(f"/d/{held.uid}", {"token": "a" * 43}).status_code == 404
    kim.post(f"/keys/links/{held.uid}/cancel/", WHY)
    held.refresh_from_db()
    assert held.cancelled_at is None


def test_a_held_link_outlives_every_sweep_until_its_secret_is_gone(kim: Client, time_machine: Any) -> None:
    secret = factories.SecretFactory()
    run_to_the_end(a_job(kim, "rotate", {**MYSELF, "overlap": "7d"}))
    held = DeliveryLink.objects.get()
    time_machine.move_to(timezone.now() + timedelta(days=5))
    assert not actions.expire_link(link=held, actor=ACTOR).cancelled_at
    actions.undo_rotation(key=secret.key, actor=ACTOR, reason="not now")
    assert actions.expire_link(link=held, actor=ACTOR).cancelled_at


def test_a_key_whose_last_rotation_still_runs_keeps_the_secret_that_its_customer_uses(kim: Client) -> None:
    key = factories.SecretFactory(key__name="web").key
    job = a_job(kim, "rotate", MYSELF)
    actions.rotate_key(key=key, actor=ACTOR, overlap=timedelta(hours=24))
    run_to_the_end(job)
    assert results(job)["web"] == ("refused", bulk_rotation.STILL_ROTATES)
    assert bulk_rotation.STILL_ROTATES in kim.post("/keys/bulk/rotate/?all=1", MYSELF).text
    assert key.secrets.filter(state="overlap").exists()
