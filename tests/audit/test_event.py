"""One event's page: everything about it, for those who may see it."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from audit import trail, uuid7
from audit.models import Event
from audit.verbs import Verb
from orgs.models import Organization, Staff
from tests.audit.conftest import DANA
from tests.audit.test_index import main_of

Happened = Callable[..., Event]
BrowserOf = Callable[[Staff], Client]


@pytest.fixture
def read(administrator: Staff, browser_of: BrowserOf) -> Callable[[Event], str]:
    """What Ada reads on the event's page."""

    def get(event: Event) -> str:
        answer = browser_of(administrator).get(f"/audit/{event.id}/")
        assert answer.status_code == 200
        return main_of(answer.content.decode())

    return get


def test_it_reads_sentence_difference_and_facts(read: Callable[[Event], str], happened: Happened) -> None:
    event = happened(
        Verb.KEY_ROTATED,
        actor=trail.Actor("staff", "stf_dana", "Dana Reed", ("Key admin",), ("password",), "198.51.100.17", "curl/8"),
        changes={"expires_at": ["2026-12-01", None]},
        detail={"overlap": "24 h", "public_id": "axk_live_12e5xYz9Qm0B"},
        reason="scheduled",
        ticket="SUP-7",
    )
    html = read(event)
    assert "<h1>Dana Reed rotated key render-farm-prod of Halide &amp; Sons, overlap 24 h</h1>" in html
    assert "22 Nov 2026, 12:00:00 UTC. SUP-7: scheduled" in html
    assert "<del>2026-12-01</del>" in html
    for fact in ("Dana Reed, Key admin", "password", "198.51.100.17", "curl/8", "key.rotated", "axk_live_12e5xYz9Qm0B"):
        assert f"<dd>{fact}</dd>" in html
    assert "<dt>Key prefix</dt>" in html


def test_what_was_made_has_facts_instead_of_a_difference(read: Callable[[Event], str], happened: Happened) -> None:
    html = read(
        happened(Verb.KEY_ISSUED, changes={"environment": [None, "live"], "api_versions": [None, ["v1", "v2"]]})
    )
    assert 'class="diff"' not in html
    assert "<dd>v1, v2</dd>" in html


def test_everything_in_the_request_stands_beside_it(read: Callable[[Event], str], happened: Happened) -> None:
    event = happened()
    other = happened(Verb.KEY_REVOKED, reason="leaked")
    happened(Verb.KEY_ISSUED, actor=trail.Actor("staff", "stf_1", "Zoe", request_id="another"))
    related = read(event).split("Everything in this request")[1].split("</section>")[0]
    assert f'href="/audit/{event.id}/"' in related
    assert f'href="/audit/{other.id}/"' in related
    assert "Zoe" not in related


def test_an_event_alone_in_its_request_needs_no_list(read: Callable[[Event], str], happened: Happened) -> None:
    assert "Everything in this request" not in read(happened())


def test_the_objects_history_and_page_are_a_click_away(
    read: Callable[[Event], str], happened: Happened, her_organization: Organization
) -> None:
    html = read(happened(organization=her_organization.target))
    assert 'href="/audit/history/key/key_prod/"' in html
    assert f'href="/orgs/{her_organization.uid}/"' in html


def test_an_event_that_was_tampered_with_says_so(
    read: Callable[[Event], str], happened: Happened, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = happened()
    assert "not what was written" not in read(event)
    event.id, event.reason = uuid7.make(), "another reason under the old hash"
    event.save(force_insert=True)
    assert "This event is not what was written" in read(event)


def test_out_of_scope_is_404_and_recorded(
    account_manager: Staff, other_organization: Organization, browser_of: BrowserOf, happened: Happened
) -> None:
    event = happened(organization=other_organization.target)
    answer = browser_of(account_manager).get(f"/audit/{event.id}/")
    assert answer.status_code == 404
    assert "Kestrel" not in main_of(answer.content.decode())
    denied = Event.objects.get(verb="access.denied")
    assert (denied.actor_id, denied.target_type, denied.target_id) == (account_manager.uid, "event", str(event.id))


def test_an_event_that_does_not_exist_is_answered_alike(account_manager: Staff, browser_of: BrowserOf) -> None:
    assert browser_of(account_manager).get(f"/audit/{uuid4()}/").status_code == 404
    assert Event.objects.filter(verb="access.denied").count() == 1


def test_a_viewer_reads_what_concerns_an_organization_and_no_sign_ins(
    viewer: Staff, browser_of: BrowserOf, happened: Happened, her_organization: Organization
) -> None:
    browser = browser_of(viewer)
    seen = happened(organization=her_organization.target)
    hidden = happened(Verb.STAFF_SIGNED_IN, organization=None, target=trail.Target("staff", DANA.id, DANA.label))
    assert browser.get(f"/audit/{seen.id}/").status_code == 200
    assert browser.get(f"/audit/{hidden.id}/").status_code == 404


def test_what_else_was_in_the_request_stays_within_the_scope(
    viewer: Staff, browser_of: BrowserOf, happened: Happened
) -> None:
    event = happened()
    happened(Verb.STAFF_DEACTIVATED, organization=None, target=trail.Target("staff", "stf_x", "Xaver"), reason="left")
    html = main_of(browser_of(viewer).get(f"/audit/{event.id}/").content.decode())
    assert "Xaver" not in html
