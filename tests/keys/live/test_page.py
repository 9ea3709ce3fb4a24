"""The Live tab: everybody who sees the organization may look, and it looks again by itself."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from keys.limits import store
from keys.models import KeySecret
from orgs.models import Staff
from tests.gateway.conftest import Gateway
from tests.gateway.leases.conftest import jobs

Look = Callable[..., str]


def test_it_shows_limits_jobs_and_refusals(calling: Gateway, secret: KeySecret, look: Look) -> None:
    jobs(secret, 1)
    admitted = calling.validate(secret)
    calling.validate(secret)
    html = look()
    assert re.search(r"since \d\d:\d\d:\d\d UTC", html)
    assert re.search(r"at \d\d:\d\d:\d\d UTC", html)
    assert admitted["decision_id"] in html
    for text in ("Running jobs", "render-farm", "gw-eu", "CONCURRENCY_LIMITED", "by jobs", "1 in the last hour"):
        assert text in html
    assert 'aria-current="page"' in html


def test_it_looks_again_every_two_seconds_and_rests_out_of_sight(look: Look) -> None:
    html = look()
    assert 'hx-trigger="every 2s"' in html
    assert "data-rests" in html
    assert "resting.js" in html


def test_it_can_stand_still(look: Look) -> None:
    html = look(query="?still=1")
    assert "every 2s" not in html
    assert "Look again every 2 seconds" in html


def test_looking_again_brings_the_middle_alone(calling: Gateway, secret: KeySecret, look: Look) -> None:
    part = look(part=True)
    assert "<html" not in part
    assert "every 2s" not in part
    assert "Running jobs" in part


def test_without_jobs_or_refusals_it_says_so(look: Look) -> None:
    html = look()
    assert "No job runs" in html
    assert "Nothing was refused in the last hour" in html


def test_that_the_store_is_away_is_said_and_nothing_is_made_up(
    secret: KeySecret, look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(store, "patient", lambda: store.Store(f"unix://{tmp_path}/nothing.sock"))
    html = look()
    assert "the counter store does not answer" in html
    assert "not known" in html
    assert "No job runs" not in html


def test_a_viewer_looks_and_sees_no_gateway_s_name(
    calling: Gateway, secret: KeySecret, look: Look, viewer: Staff
) -> None:
    jobs(secret, 1)
    calling.validate(secret)
    html = look(viewer)
    assert "gw-eu" not in html
    assert calling.row.uid in html  # type: ignore[attr-defined]


def test_of_another_organization_nobody_learns_that_it_exists(
    browser_of: Callable[[Staff], Client], account_manager: Staff, other_organization: object
) -> None:
    response = browser_of(account_manager).get(f"/orgs/{other_organization.uid}/live/")  # type: ignore[attr-defined]
    assert response.status_code == 404


def test_no_copy_of_it_is_kept(browser_of: Callable[[Staff], Client], administrator: Staff, secret: KeySecret) -> None:
    response = browser_of(administrator).get(f"/orgs/{secret.key.organization.uid}/live/")
    assert response["Cache-Control"] == "no-store"
