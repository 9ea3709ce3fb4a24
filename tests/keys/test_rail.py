"""The navigation marks the entry under which a page stands."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit import trail
from orgs.models import Organization, Staff
from tests.factories import GatewayFactory, KeyFactory, LeakFactory, LinkFactory, RefusalFactory
from tests.jobs import a_job

MARKED = re.compile(r'<a href="[^"]+" aria-current="page">\s*<svg.*?</svg>\s*([^<]+?)\s*</a>', re.S)


def _unknown(organization: Organization) -> str:
    return f"/refusals/{RefusalFactory(key=None, organization=organization).decision_id}/"


PAGES: dict[str, tuple[Callable[[Organization], str], str]] = {
    "an organization's refusals": (lambda organization: f"/orgs/{organization.uid}/refusals/", "Organizations"),
    "an organization's keys": (lambda organization: f"/orgs/{organization.uid}/keys/", "Organizations"),
    "a key's refusals": (lambda organization: f"/keys/{KeyFactory().uid}/refusals/", "Keys"),
    "a key's refusal": (lambda organization: f"/refusals/{RefusalFactory().decision_id}/", "Keys"),
    "a refusal of an unknown key": (_unknown, "Organizations"),
    "links": (lambda organization: "/keys/links/", "Keys"),
    "a link": (lambda organization: f"/keys/links/{LinkFactory().uid}/resend/", "Keys"),
    "hygiene": (lambda organization: "/keys/hygiene/", "Keys"),
    "a leak": (lambda organization: f"/leaks/{LeakFactory().uid}/", "Keys"),
    "a gateway's leak": (lambda organization: f"/leaks/{_of_gateway()}/", "Gateways"),
    "since when a gateway's secret was out": (lambda organization: f"/leaks/{_of_gateway()}/since/", "Gateways"),
    "jobs": (lambda organization: "/jobs/", "Jobs"),
}


def _of_gateway() -> str:
    return str(LeakFactory(secret=None, gateway_secret=GatewayFactory().secrets.get()).uid)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_marks_the_entry_under_which_it_stands(
    page: str, administrator: Staff, other_organization: Organization, browser_of: Any
) -> None:
    path, entry = PAGES[page]
    browser: Client = browser_of(administrator, proven=True)
    assert _marked(browser, path(other_organization)) == [entry]


def test_a_job_s_page_marks_jobs(administrator: Staff, browser_of: Any) -> None:
    browser: Client = browser_of(administrator)
    job = a_job("one", actor=trail.Actor("staff", administrator.uid, str(administrator)))
    assert _marked(browser, f"/jobs/{job.pk}/") == ["Jobs"]


def _marked(browser: Client, path: str) -> list[str]:
    answer = browser.get(path)
    assert answer.status_code == 200
    return MARKED.findall(answer.text.partition("<nav")[2].partition("</nav>")[0])
