"""The dialogs of one period: each says what it does, does it once, and leads back to the period."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from metering import closing, courses
from metering.models import BillingPeriod
from metering.views import lifecycle
from orgs.models import Staff
from tests.metering.closing.given import NOW, OCTOBER, a_contract, counted, held, in_review, period_of, set_state

Browser = Callable[..., Client]


@pytest.fixture(autouse=True)
def _now(db: None) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def _url(period: BillingPeriod, act: str) -> str:
    return reverse(f"metering:{act}_period", args=[period.organization.uid, period.label])


def _again(period: BillingPeriod) -> BillingPeriod:
    return BillingPeriod.objects.get(pk=period.pk)


def test_a_period_is_made_final_with_a_reason(billing: Staff, browser_of: Browser) -> None:
    period, client = in_review(a_contract(since=OCTOBER)), browser_of(billing)
    assert "Neither can be undone" in client.get(_url(period, "finish")).content.decode()
    assert client.post(_url(period, "finish"), {"reason": ""}).status_code == 422
    answer = client.post(_url(period, "finish"), {"reason": "month end"})
    assert answer.headers["Location"] == reverse("metering:period", args=[period.organization.uid, period.label])
    assert _again(period).state == "final"
    # A second time it makes no sense.
    assert client.get(_url(period, "finish")).status_code == 302


def test_what_is_in_the_way_is_said_and_nothing_is_done(billing: Staff, browser_of: Browser) -> None:
    period, client = in_review(a_contract(since=OCTOBER)), browser_of(billing)
    counted(period, 3)
    answer = client.post(_url(period, "finish"), {"reason": "month end"})
    assert "Gateway counts differ in 1 hour" in answer.content.decode()
    assert _url(period, "override") in answer.content.decode()
    assert _again(period).state == "review"
    asked = client.get(_url(period, "override")).content.decode()
    assert "comes as late generations of the next period. Usage without a price costs nothing." not in asked
    assert ("comes as late generations" in asked, "another currency" in asked) == (True, False)
    client.post(_url(period, "override"), {"reason": "counted by hand"})
    client.post(_url(period, "finish"), {"reason": "month end"})
    assert _again(period).state == "final"


def test_it_is_held_and_released(billing: Staff, browser_of: Browser) -> None:
    period, client = in_review(a_contract(since=OCTOBER)), browser_of(billing)
    client.post(_url(period, "hold"), {"reason": "a dispute"})
    assert (_again(period).held_by, _again(period).hold_reason) == (str(billing), "a dispute")
    assert client.get(_url(period, "hold")).status_code == 302
    assert client.post(_url(period, "release"), {"reason": ""}).status_code == 422
    client.post(_url(period, "release"), {"reason": "settled"})
    assert not _again(period).is_held
    assert client.get(_url(period, "release")).status_code == 302


@pytest.mark.parametrize(("day", "is_over"), [(NOW.day, True), (NOW.day + 2, False)])
def test_a_release_says_whether_it_closes_the_period(
    day: int, is_over: bool, billing: Staff, browser_of: Browser
) -> None:
    period, client = in_review(a_contract(since=OCTOBER), until=NOW.replace(day=day)), browser_of(billing)
    client.post(_url(period, "hold"), {"reason": "a dispute"})
    assert ("closed within a minute" in client.get(_url(period, "release")).content.decode()) is is_over


def test_an_override_says_what_follows_of_everything_that_it_may_override() -> None:
    assert set(lifecycle.FOLLOWS) == closing.OVERRIDABLE


def test_there_is_nothing_to_override(billing: Staff, browser_of: Browser) -> None:
    period = in_review(a_contract(since=OCTOBER))
    assert browser_of(billing).get(_url(period, "override")).status_code == 302


def _steps(period: BillingPeriod) -> list[tuple[str, str, str]]:
    return [(step.text, step.note, step.state) for step in courses.of(period, now=NOW)]


def test_the_course_of_a_period_that_runs() -> None:
    november = period_of(a_contract(), "2026-11")
    assert _steps(november) == [
        ("Open", "1 to 30 Nov", "now"),
        ("Review window", "5 days", ""),
        ("Closing", "minutes", ""),
        ("Final", "numbered and chained", ""),
    ]


def test_the_course_in_review_says_when_it_ends() -> None:
    october = in_review(a_contract(), until=NOW.replace(day=11))
    assert _steps(october)[:2] == [("Open", "1 to 31 Oct", "done"), ("Review window", "ends 11 Nov, in 2 days", "now")]
    assert _steps(held())[1][1] == "held"


def test_the_course_of_a_final_period_is_done() -> None:
    october = set_state(period_of(a_contract()), "final", finished_at=NOW, review_until=NOW)
    assert [step[2] for step in _steps(october)] == ["done"] * 4
    assert _steps(october)[3][1] == "since 9 Nov 2026, 12:00"
