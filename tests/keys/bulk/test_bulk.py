"""Many keys at once: chosen, reviewed, and done by a job with a result for each, none of it twice."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit import jobs, running, trail
from audit.models import Event, Job
from keys import actions, bulk
from keys.models import ApiKey
from orgs import actions as org_actions
from orgs.models import Staff
from tests import factories
from tests.cast import ACTOR
from tests.jobs import run_to_the_end
from tests.keys.bulk.conftest import WHY, a_job, results

pytestmark = pytest.mark.django_db
EXPIRE = {"expires": "90", **WHY}


def test_the_review_changes_nothing_and_says_what_would_become_of_each(kim: Client) -> None:
    factories.SecretFactory(key__name="fine")
    factories.KeyFactory(name="gone", state="revoked")
    page = kim.post("/keys/bulk/expire/?all=1", EXPIRE).text
    assert "1 would be refused, 1 would change." in page
    assert "gone is revoked: it stays as it is." in page
    assert "never expires → expires" in page
    assert "Set the expiry of 1 key" in page
    assert not ApiKey.objects.exclude(expires_at=None).exists()
    assert not Job.objects.exists()


def test_an_expiry_is_set_for_each_key_that_may_have_it(kim: Client, key_admin: Staff) -> None:
    key = factories.SecretFactory(key__name="fine").key
    factories.KeyFactory(name="gone", state="revoked")
    job = run_to_the_end(a_job(kim, "expire", EXPIRE))
    assert results(job)["fine"][0] == "done"
    assert results(job)["gone"] == ("refused", "gone is revoked: it stays as it is.")
    key.refresh_from_db()
    assert key.expires_at - timezone.now() < timedelta(days=90)
    event = Event.objects.get(verb="key.edited")
    assert (event.actor_id, event.reason, event.ticket) == (key_admin.uid, *WHY.values())
    assert event.parent == job.event


def test_no_life_is_lengthened_beyond_the_plan(key_admin: Staff) -> None:
    plan = factories.PlanVersionFactory(longest_key_days=30)
    factories.SecretFactory(key__name="short", key__organization__plan_version=plan)
    job = run_to_the_end(_unreviewed(key_admin))
    assert results(job)["short"][0] == "refused"
    assert "allows a key at most 30 days" in results(job)["short"][1]


def _unreviewed(person: Staff) -> Job:
    """A job over all keys, past the review, which offers no button where nothing would change."""
    actor = trail.Actor("staff", person.uid, str(person))
    arguments = {**WHY, "expires_at": (timezone.now() + timedelta(days=90)).isoformat()}
    pieces = bulk.pieces(ApiKey.objects.select_related("organization"))
    return jobs.start(kind="keys.expire", actor=actor, title="x", items=pieces, arguments=arguments, **WHY)


def test_run_twice_changes_once_and_a_worker_that_died_is_followed_by_another(kim: Client, time_machine: Any) -> None:
    for _ in range(4):
        factories.SecretFactory()
    job = a_job(kim, "expire", EXPIRE)
    dead = running._claim(job.pk)
    assert dead is not None
    assert running._step(dead)
    assert running._step(dead)
    time_machine.move_to(timezone.now() + jobs.LEASE + timedelta(seconds=1))
    run_to_the_end(job)
    run_to_the_end(job)
    assert Event.objects.filter(verb="key.edited").count() == 4
    assert set(ApiKey.objects.values_list("version", flat=True)) == {2}


def test_a_key_that_was_changed_after_the_review_is_left_alone(kim: Client) -> None:
    key = factories.SecretFactory(key__name="moved").key
    job = a_job(kim, "expire", EXPIRE)
    actions.edit_key(key=key, actor=ACTOR, values={"purpose": "other"})
    run_to_the_end(job)
    assert results(job)["moved"] == ("refused", "Somebody changed this key meanwhile. Nothing was changed.")


def test_keys_that_changed_between_review_and_confirmation_are_shown_again(kim: Client) -> None:
    factories.SecretFactory()
    review = kim.post("/keys/bulk/expire/?all=1", EXPIRE)
    seen = re.search(r'name="seen" value="(\w+)"', review.text)[1]  # type: ignore[index]
    factories.SecretFactory()
    again = kim.post("/keys/bulk/expire/?all=1", {**EXPIRE, "seen": seen})
    assert again.status_code == 200
    assert "The keys changed meanwhile" in again.text
    assert not Job.objects.exists()


def test_whoever_lost_the_permission_meanwhile_is_refused_for_each_key(kim: Client, key_admin: Staff) -> None:
    factories.SecretFactory(key__name="kept")
    job = a_job(kim, "expire", EXPIRE)
    org_actions.revoke_role(assignment=key_admin.assignments.get(), actor=ACTOR, reason="left")
    run_to_the_end(job)
    assert results(job)["kept"] == ("refused", "You may no longer do this to this key.")
    assert Event.objects.filter(verb="access.denied", actor_id=key_admin.uid, parent=job.event).exists()
    assert not ApiKey.objects.exclude(expires_at=None).exists()


def test_a_field_of_many_is_changed(kim: Client) -> None:
    key = factories.SecretFactory(key__name="one").key
    job = run_to_the_end(a_job(kim, "change", {"field": "rotate_every", "rotate_every": "90", **WHY}))
    key.refresh_from_db()
    assert key.rotate_every == timedelta(days=90)
    assert results(job)["one"] == ("done", "no rotation → every 90 days")
    run_to_the_end(a_job(kim, "change", {"field": "purpose", "purpose": "Night renders", **WHY}))
    key.refresh_from_db()
    assert key.purpose == "Night renders"


def test_only_the_ticked_keys_are_meant_and_only_those_in_scope(kim: Client) -> None:
    one, two = (factories.SecretFactory(key__name=name).key for name in ("one", "two"))
    job = a_job(kim, "expire", EXPIRE, query=f"key={one.uid}")
    assert list(job.items.values_list("target_id", flat=True)) == [one.uid]
    assert two.uid not in job.title
    assert kim.get(f"/keys/bulk/expire/?key={one.uid}&key=key_unknown0000000").status_code == 404
    assert Event.objects.filter(verb="access.denied", target_id="key_unknown0000000").exists()


def test_all_that_match_are_those_of_the_filter(kim: Client) -> None:
    factories.SecretFactory(key__name="live one")
    factories.SecretFactory(key__name="test one", key__environment="test")
    job = a_job(kim, "expire", EXPIRE, query="all=1&environment=test")
    assert list(job.items.values_list("target_label", flat=True)) == ["test one"]


def test_nothing_ticked_and_too_many_are_told(kim: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.SecretFactory()
    factories.SecretFactory()
    assert "Tick the keys that you mean" in kim.get("/keys/bulk/expire/", follow=True).text
    monkeypatch.setattr(jobs, "MOST", 1)
    assert "At most 1 keys in one job" in kim.get("/keys/bulk/expire/?all=1", follow=True).text
    assert kim.get("/keys/bulk/erase/?all=1").status_code == 404


def test_a_reason_and_a_proof_are_asked_for(key_admin: Staff, browser_of: Any) -> None:
    factories.SecretFactory()
    browser = browser_of(key_admin)
    assert 'name="password"' in browser.get("/keys/bulk/expire/?all=1").text
    refused = browser.post("/keys/bulk/expire/?all=1", {"expires": "90", "password": "wrong"})
    assert refused.status_code == 422
    assert "This field is required." in refused.text
    assert not Job.objects.exists()


def test_a_viewer_is_offered_nothing_of_it(viewer: Staff, browser_of: Any) -> None:
    factories.SecretFactory()
    browser = browser_of(viewer)
    assert "Change many keys" not in browser.get("/keys/").text
    assert browser.get("/keys/bulk/expire/?all=1").status_code == 403
