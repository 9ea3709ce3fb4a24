"""The key admin's browser, and the way through a bulk change: review, confirm, run."""

import re
from typing import Any

import pytest
from django.test import Client

from audit import tasks
from audit.models import Job
from orgs.models import Staff

WHY = {"reason": "Clean-up after the audit", "ticket": "SEC-12"}


@pytest.fixture
def kim(key_admin: Staff, browser_of: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The key admin's browser, just proven; jobs wait until the test runs them."""
    monkeypatch.setattr(tasks, "enqueue", lambda job: None)
    return browser_of(key_admin, proven=True)


def post(browser: Client, act: str, asked: dict[str, str], query: str = "all=1") -> Any:
    """Review, then confirm what was reviewed."""
    review = browser.post(f"/keys/bulk/{act}/?{query}", asked)
    assert review.status_code == 200, review.text
    found = re.search(r'name="seen" value="(\w+)"', review.text)
    assert found, review.text
    return browser.post(f"/keys/bulk/{act}/?{query}", {**asked, "seen": found[1]})


def a_job(browser: Client, act: str, asked: dict[str, str], query: str = "all=1") -> Job:
    answer = post(browser, act, asked, query)
    assert answer.status_code == 302, answer.text
    job = Job.objects.latest("created_at")
    assert answer["Location"] == f"/jobs/{job.pk}/"
    return job


def results(job: Job) -> dict[str, tuple[str, str]]:
    return {item.target_label: (item.outcome, item.sentence) for item in job.items.all()}
