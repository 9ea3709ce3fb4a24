"""The pages of rejects: what they list, and what they do with one or with many."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Job
from keys.models import KeySecret
from metering.models import RejectedGeneration
from orgs.models import Staff
from tests.metering.conftest import Report, generation

Browser = Callable[[Staff], Client]


@pytest.fixture
def early(report: Report, live: KeySecret, now: datetime) -> RejectedGeneration:
    """One of Halide whose clock was an hour ahead."""
    report(generation(live, now + timedelta(hours=1)))
    return RejectedGeneration.objects.get()


@pytest.fixture
def free(early: RejectedGeneration, report: Report, hers: KeySecret, now: datetime) -> RejectedGeneration:
    """One of Kestrel that cost nothing."""
    report(generation(hers, now, units=0), source="gw-us-1")
    return RejectedGeneration.objects.get(code="invalid_units")


def test_the_list_is_filtered_by_its_address(
    early: RejectedGeneration, free: RejectedGeneration, viewer: Staff, browser_of: Browser
) -> None:
    client = browser_of(viewer)

    def listed(query: str) -> set[str]:
        page = client.get(f"/usage/rejects/?{query}").text
        return {one.code for one in (early, free) if one.generation_id in page}

    both = {"timestamp_in_future", "invalid_units"}
    assert listed("") == listed("resolution=all") == listed("status=rejected") == both
    assert listed("code=invalid_units") == listed("source=gw-us-1") == listed("q=Kestrel") == {"invalid_units"}
    assert listed(f"q={early.generation_id}") == {"timestamp_in_future"}
    assert listed("resolution=dismissed") == listed("status=conflict") == set()
    assert client.get("/usage/rejects/?q=%00&code=%00&page=z").status_code == 200


def test_an_account_manager_sees_those_of_her_own_alone(
    early: RejectedGeneration, account_manager: Staff, browser_of: Browser
) -> None:
    client = browser_of(account_manager)
    assert early.generation_id not in client.get("/usage/rejects/").text
    assert client.get(f"/usage/rejects/{early.pk}/").status_code == 404


def test_the_page_of_one_shows_the_body_as_it_came(
    free: RejectedGeneration, viewer: Staff, browser_of: Browser
) -> None:
    page = browser_of(viewer).get(f"/usage/rejects/{free.pk}/").text
    assert "&quot;units&quot;: 0" in page
    assert "invalid_units" in page
    assert "/retry/" not in page
    assert "Who changed this" not in page


def test_a_retry_says_what_came_of_it(early: RejectedGeneration, billing: Staff, browser_of: Browser) -> None:
    client = browser_of(billing)
    answer = client.post(f"/usage/rejects/{early.pk}/retry/", {"reason": "", "ticket": ""}, follow=True)
    assert "It was not counted: rejected: timestamp_in_future." in answer.text


def test_a_dismissal_asks_why(free: RejectedGeneration, billing: Staff, browser_of: Browser) -> None:
    client, url = browser_of(billing), f"/usage/rejects/{free.pk}/dismiss/"
    assert client.post(url, {"reason": "", "ticket": ""}).status_code == 422
    answer = client.post(url, {"reason": "A test of theirs", "ticket": ""}, follow=True)
    assert "Dismissed. It stays uncounted." in answer.text
    assert "A test of theirs" in answer.text
    assert f"/audit/history/reject/{quote(f'reject/{free.pk}')}/" in answer.text
    assert "/retry/" not in answer.text


def test_what_is_settled_offers_nothing_more(free: RejectedGeneration, billing: Staff, browser_of: Browser) -> None:
    client, why = browser_of(billing), {"reason": "A test of theirs", "ticket": ""}
    client.post(f"/usage/rejects/{free.pk}/dismiss/", why)
    for answer in (
        client.get(f"/usage/rejects/{free.pk}/retry/", follow=True),
        client.post(f"/usage/rejects/{free.pk}/dismiss/", why, follow=True),
    ):
        assert answer.redirect_chain[-1][0] == f"/usage/rejects/{free.pk}/"
        assert answer.text.count("Nothing was changed.") == 1


def test_both_sides_of_a_conflict_name_their_keys_alike(
    report: Report, live: KeySecret, now: datetime, viewer: Staff, browser_of: Browser
) -> None:
    one = generation(live, now)
    report(one)
    report({**one, "units": 3})
    reject = RejectedGeneration.objects.get(status="conflict")
    lines = browser_of(viewer).get(f"/usage/rejects/{reject.pk}/").context["beside"].lines
    (first, sent) = next((first, sent) for name, first, sent, _ in lines if name == "key")
    assert first == sent == f"{live.key.name}, {live.key.uid}"


def test_many_are_settled_by_a_job(
    early: RejectedGeneration, free: RejectedGeneration, billing: Staff, browser_of: Browser
) -> None:
    client, why = browser_of(billing), {"reason": "A test", "ticket": ""}
    assert "2 selected" in client.get("/usage/rejects/dismiss/?all=1").text
    answer = client.post(f"/usage/rejects/dismiss/?key={free.pk}", why)
    job = Job.objects.get()
    assert answer["Location"] == reverse("audit:job", args=[job.pk])
    assert (job.total, job.title) == (1, "Dismiss 1 reject")
    again = client.post(f"/usage/rejects/dismiss/?key={free.pk}", why)
    assert again.status_code == 302
    assert client.get("/usage/rejects/dismiss/?key=x").status_code == 404
    assert client.get("/usage/rejects/retry/").status_code == 302
    client.post("/usage/rejects/retry/?all=1&code=timestamp_in_future", why)
    assert Job.objects.filter(title="Retry 1 reject").exists()


def test_home_raises_the_alarm(early: RejectedGeneration, billing: Staff, viewer: Staff, browser_of: Browser) -> None:
    assert "1 reported generation was not counted" in browser_of(billing).get("/").text
    assert "not counted" not in browser_of(viewer).get("/").text
