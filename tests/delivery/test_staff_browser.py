"""Whoever works here is not the customer: their browser is refused, that is recorded, and the link stays good."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from audit.models import Event
from keys.models import DeliveryLink
from orgs.models import Staff
from tests import factories

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]


@pytest.fixture
def link() -> DeliveryLink:
    return factories.LinkFactory()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_signed_in_browser_is_refused_and_recorded(
    method: str, link: DeliveryLink, viewer: Staff, browser_of: Browser
) -> None:
    answer = getattr(browser_of(viewer), method)(f"/d/{link.uid}", {"token": link.token})
    assert answer.status_code == 403
    assert link.secret.text not in answer.content.decode()
    event = Event.objects.get(verb="delivery.refused")
    assert (event.outcome, event.actor_id, event.target_id) == ("denied", viewer.uid, link.secret.key.uid)
    assert event.organization == link.organization.uid


def test_the_link_stays_good(link: DeliveryLink, key_admin: Staff, browser_of: Browser) -> None:
    browser_of(key_admin).post(f"/d/{link.uid}", {"token": link.token})
    assert link.secret.text in Client().post(f"/d/{link.uid}", {"token": link.token}).content.decode()


def test_a_refusal_says_nothing_of_whether_there_is_such_a_link(viewer: Staff, browser_of: Browser) -> None:
    link = factories.LinkFactory()
    browser = browser_of(viewer)
    pages = {browser.post(f"/d/{uid}", {"token": "x"}).content for uid in (link.uid, "dlv_00000000000000", "a")}
    assert len(pages) == 1


def test_a_session_that_is_over_is_nobody_s(link: DeliveryLink, viewer: Staff, browser_of: Browser) -> None:
    browser = browser_of(viewer)
    browser.get("/")
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert browser.post(f"/d/{link.uid}", {"token": link.token}).status_code == 200


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}])
def test_a_closed_account_and_a_changed_password_leave_no_live_session(
    change: dict[str, object], link: DeliveryLink, viewer: Staff, browser_of: Browser
) -> None:
    from django.db import transaction

    browser = browser_of(viewer)
    with transaction.atomic():
        Staff.objects.filter(pk=viewer.pk).update(**change)
        factories.record_fixture(viewer.uid)
    assert browser.post(f"/d/{link.uid}", {"token": link.token}).status_code == 200


def test_a_cookie_that_is_no_session_changes_nothing(link: DeliveryLink, settings) -> None:
    customer = Client()
    customer.cookies[settings.SESSION_COOKIE_NAME] = "made-up' OR 1=1"
    assert customer.post(f"/d/{link.uid}", {"token": link.token}).status_code == 200


MARK = "axis_admin.middleware.staff_mark.StaffMark"


@pytest.fixture
def elsewhere(settings) -> Callable[[Client], Client]:
    """A host of the customers' own: the session's cookie does not go there, the mark does."""
    settings.STAFF_MARK_DOMAIN = ".example.com"
    sessions = settings.MIDDLEWARE.index("axis_admin.middleware.sessions.SessionLimits")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:sessions], MARK, *settings.MIDDLEWARE[sessions:]]

    def go(browser: Client) -> Client:
        customers = Client()
        if mark := browser.cookies.get(settings.STAFF_MARK_COOKIE_NAME):
            customers.cookies[settings.STAFF_MARK_COOKIE_NAME] = mark.value
        return customers

    return go


def test_a_signed_in_browser_is_known_on_the_customers_own_host(
    link: DeliveryLink, viewer: Staff, browser_of: Browser, elsewhere: Callable[[Client], Client], settings
) -> None:
    browser = browser_of(viewer)
    browser.get("/")
    assert browser.cookies[settings.STAFF_MARK_COOKIE_NAME]["domain"] == ".example.com"
    assert elsewhere(browser).post(f"/d/{link.uid}", {"token": link.token}).status_code == 403
    assert Event.objects.get(verb="delivery.refused").actor_id == viewer.uid


def test_whoever_signs_out_is_known_no_longer(
    link: DeliveryLink, viewer: Staff, browser_of: Browser, elsewhere: Callable[[Client], Client]
) -> None:
    browser = browser_of(viewer)
    browser.get("/")
    browser.post("/sign-out/")
    assert elsewhere(browser).post(f"/d/{link.uid}", {"token": link.token}).status_code == 200


def test_a_mark_that_nobody_signed_is_none(link: DeliveryLink, viewer: Staff, settings) -> None:
    customer = Client()
    customer.cookies[settings.STAFF_MARK_COOKIE_NAME] = f"{viewer.pk}:forged"
    assert customer.post(f"/d/{link.uid}", {"token": link.token}).status_code == 200
