"""The close board: a row for each organization in scope, what is in its way, and what all of it comes to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from audit.models import Job
from axis_admin import due_periods
from metering import advancing, checks
from metering.models import BillingPeriod, PeriodCheck, Statement
from orgs.models import Organization, Staff
from tests.factories import OrganizationFactory
from tests.jobs import run_to_the_end
from tests.metering.closing.given import NOW, OCTOBER, a_contract, counted, held, in_review, period_of, set_state

Browser = Callable[..., Client]


@pytest.fixture(autouse=True)
def _now(db: None) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def _looked() -> None:
    checks.refresh(now=NOW)


def _in(name: str, **further: Any) -> BillingPeriod:
    return in_review(a_contract(OrganizationFactory(name=name), since=OCTOBER, **further))


def _board(client: Client, **asked: Any) -> Any:
    return client.get(reverse("metering:board"), asked)


def _names(answer: Any) -> list[str]:
    return [row.period.organization.name for row in answer.context["rows"]]


def test_each_organization_has_its_last_ended_period_and_what_is_not_final(billing: Staff, browser_of: Browser) -> None:
    contract = a_contract(OrganizationFactory(name="Halide"))
    set_state(period_of(contract, "2026-08"), "final", finished_at=NOW)
    in_review(contract, "2026-09")
    set_state(period_of(contract), "final", finished_at=NOW)
    rows = _board(browser_of(billing)).context["rows"]
    assert sorted((row.period.label, row.state) for row in rows) == [("2026-09", "review"), ("2026-10", "final")]


def test_what_needs_a_person_comes_first_with_what_is_in_its_way(billing: Staff, browser_of: Browser) -> None:
    _in("Acme")
    counted(_in("Zenith"), 10)
    _looked()
    answer = _board(browser_of(billing))
    assert _names(answer) == ["Zenith", "Acme"]
    assert "Gateway counts differ in 1 hour" in answer.content.decode()


def test_amounts_changes_and_sums_follow_the_filter(billing: Staff, browser_of: Browser) -> None:
    contract = a_contract(OrganizationFactory(name="Halide"))
    for label, generations in (("2026-09", 1_000), ("2026-10", 1_500)):
        counted(in_review(contract, label), generations)
    counted(_in("Dollar", currency="USD"), 2_000)
    _looked()
    answer = _board(browser_of(billing), month="2026-10")
    said = {row.period.organization.name: (row.amount_said, row.before) for row in answer.context["rows"]}
    assert said == {"Halide": ("€21.00", pytest.approx(14)), "Dollar": ("$28.00", None)}
    assert {total.said for total in answer.context["totals"]} == {"€21.00", "$28.00"}
    assert "+50.0%" in answer.content.decode()
    assert _names(_board(browser_of(billing), month="2026-10", q="dollar")) == ["Dollar"]


def test_a_final_period_shows_what_its_statement_says(billing: Staff, browser_of: Browser) -> None:
    period = _in("Halide", minimum_amount=25)
    advancing.advance([period.pk], now=NOW)
    (row,) = _board(browser_of(billing)).context["rows"]
    assert (row.state, row.amount, row.check.generations) == ("final", Statement.objects.get().total, 0)


@pytest.mark.parametrize(
    ("order", "names"),
    [("organization", ["A", "B", "C"]), ("-amount", ["B", "C", "A"]), ("-generations", ["B", "C", "A"])],
)
def test_it_is_ordered_by_the_address(order: str, names: list[str], billing: Staff, browser_of: Browser) -> None:
    for name, generations in (("A", 10), ("B", 30), ("C", 20)):
        counted(_in(name), generations)
    _looked()
    assert _names(_board(browser_of(billing), order=order)) == names


@pytest.mark.parametrize(
    ("state", "names"),
    [("blocked", ["Differs", "Held"]), ("held", ["Held"]), ("review", ["Differs", "Fine", "Held", "Later"]),
     ("final", []), ("open", ["Differs", "Fine", "Held", "Later"])],
)  # fmt: skip
def test_it_is_filtered_by_the_address(state: str, names: list[str], billing: Staff, browser_of: Browser) -> None:
    _in("Fine")
    counted(_in("Differs"), 3)
    held(OrganizationFactory(name="Held"))
    later = _in("Later")
    counted(set_state(later, "review", review_until=NOW + timedelta(days=1)), 3)
    _looked()
    assert sorted(set(_names(_board(browser_of(billing), state=state)))) == names


def test_an_account_manager_sees_their_own_and_cannot_change_any(
    account_manager: Staff, her_organization: Organization, browser_of: Browser
) -> None:
    in_review(a_contract(her_organization, since=OCTOBER))
    _in("Kestrel")
    answer = _board(browser_of(account_manager))
    assert _names(answer) == [her_organization.name]
    assert "Make final" not in answer.content.decode()


def test_many_are_made_final_by_a_job_with_a_result_for_each(billing: Staff, browser_of: Browser) -> None:
    fine, differs = _in("Fine"), _in("Differs")
    counted(differs, 3)
    client, url = browser_of(billing, proven=True), reverse("metering:finish_periods", args=["finish"])
    asked = f"{url}?period={fine.target.id}&period={differs.target.id}"
    review = client.get(asked)
    assert (review.context["changes"], review.context["stays"]) == (1, 1)
    assert "Gateway counts differ in 1 hour" in review.content.decode()
    assert review.context["totals"] == ["€0.00"]
    assert "Neither can be undone." in review.content.decode()
    client.post(asked, {"reason": "month end", "ticket": "FIN-7"})
    job = Job.objects.get()
    run_to_the_end(job)
    job.refresh_from_db()
    assert (job.done, job.failed) == (1, 0)
    assert Statement.objects.get().period == fine


def test_all_that_match_are_held_and_released(billing: Staff, browser_of: Browser) -> None:
    for name in ("A", "B"):
        _in(name)
    client = browser_of(billing, proven=True)
    for act, is_held in (("hold", True), ("release", False)):
        client.post(reverse("metering:finish_periods", args=[act]) + "?all=1", {"reason": "a dispute"})
        run_to_the_end(Job.objects.going().get())
        held_at = BillingPeriod.objects.filter(label="2026-10").values_list("held_at", flat=True)
        assert [at is not None for at in held_at] == [is_held, is_held]


def test_nothing_is_done_without_a_choice(billing: Staff, browser_of: Browser) -> None:
    answer = browser_of(billing, proven=True).get(reverse("metering:finish_periods", args=["finish"]))
    assert answer.headers["Location"] == reverse("metering:board")


def test_the_board_costs_as_many_statements_for_ten_as_for_one(
    billing: Staff, browser_of: Browser, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        counted(_in(f"Studio {number}"), 5)
    _looked()
    client = browser_of(billing)
    with django_assert_max_num_queries(24):
        _board(client)


def test_home_and_the_rail_tell_what_waits(billing: Staff, browser_of: Browser) -> None:
    counted(_in("Differs"), 3)
    soon = _in("Soon")
    set_state(soon, "review", review_until=NOW + timedelta(days=2))
    _looked()
    page = browser_of(billing).get(reverse("home")).content.decode()
    assert "October 2026 of Differs cannot be closed" in page
    assert "The review window of October 2026 ends for 1 organization" in page
    assert due_periods.count(billing) == 1


def test_what_was_found_is_found_anew_after_a_while() -> None:
    period = _in("Halide")
    assert checks.refresh(now=NOW) > 0
    counted(period, 7)
    assert checks.refresh(now=NOW + timedelta(minutes=4)) == 0
    checks.refresh(now=NOW + timedelta(minutes=5))
    assert PeriodCheck.objects.get(period=period).generations == 7
