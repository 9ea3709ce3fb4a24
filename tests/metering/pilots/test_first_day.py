"""The contract after a pilot holds at once, or from a day on that people choose: also where a month begins twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from keys.models import Pilot
from metering.actions import convert_pilot, replace_contract
from metering.models import Contract
from metering.pilots import ContractTerms
from metering.terms import snapshot
from orgs import actions as org_actions
from orgs.models import Organization, Staff
from tests.cast import ACTOR

STARTED = datetime(2026, 10, 20, 12, tzinfo=UTC)
# November has begun in Berlin, where the pilot's contract is; in New York it is still October.
BETWEEN = datetime(2026, 11, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 11, 10, 1, tzinfo=UTC)
TERMS = ContractTerms("EUR", 1, 0)
SAID = "EUR, from day 1 of the month, nothing included"


@pytest.fixture(autouse=True)
def _october() -> Iterator[None]:
    with time_machine.travel(STARTED, tick=False):
        yield


@pytest.fixture
def moved(pilot: Pilot) -> Pilot:
    """A pilot whose organization has moved from Berlin to New York: its next contract is on the clocks of there."""
    _move(pilot, "America/New_York")
    return pilot


def _move(pilot: Pilot, zone: str) -> None:
    org_actions.edit_organization(organization=pilot.organization, actor=ACTOR, values={"time_zone": zone})


def _convert(browser: Any, pilot: Pilot, **fields: Any) -> Any:
    organization = Organization.objects.get(pk=pilot.organization_id)
    data = {"version": organization.version, "contract": "new", "currency": "EUR", "anchor_day": 1,
            "included_generations": 0, **fields}  # fmt: skip
    return browser.post(reverse("metering:convert_pilot", args=[organization.uid]), data)


def _page(browser: Any, pilot: Pilot) -> str:
    text: str = browser.get(reverse("metering:convert_pilot", args=[pilot.organization.uid])).text
    return text


def _second(pilot: Pilot) -> Contract:
    return Contract.objects.get(organization=pilot.organization_id, number=2)


def test_two_novembers_are_refused_with_a_day_that_can_be(moved: Pilot) -> None:
    said = "Two billing periods would be called November 2026. Choose 2 Nov 2026, or a later day."
    with time_machine.travel(BETWEEN, tick=False), pytest.raises(ValidationError) as refused:
        convert_pilot(pilot=moved, actor=ACTOR, terms=TERMS)
    assert refused.value.message_dict == {"first_day": [said]}


def test_without_a_day_the_contract_itself_is_refused_there(moved: Pilot) -> None:
    """What the form looks for beforehand is what a change of the contract would be refused for."""
    terms = replace(snapshot(moved.organization.contracts.get()), time_zone="America/New_York")
    organization = Organization.objects.get(pk=moved.organization_id)
    with (
        time_machine.travel(BETWEEN, tick=False),
        pytest.raises(ValidationError, match="Another billing period begins on that day already"),
    ):
        replace_contract(organization=organization, actor=ACTOR, terms=terms)


def test_the_form_offers_a_day_that_can_be(moved: Pilot, administrator: Staff, browser_of: Any) -> None:
    with time_machine.travel(BETWEEN, tick=False):
        browser = browser_of(administrator)
        shown = _page(browser, moved)
        assert 'value="2026-11-02"' in shown
        assert "Today: at once" not in shown
        mark = f"{SAID}, from 2 Nov 2026 on"
        first = _convert(browser, moved, first_day="2026-11-02")
        assert f'value="{mark}"' in first.text
        assert _convert(browser, moved, first_day="2026-11-02", shown=mark).status_code == 302
    moved.refresh_from_db()
    assert (moved.state, moved.settled_at) == ("converted", BETWEEN)
    assert _second(moved).effective.lower == datetime(2026, 11, 2, 5, tzinfo=UTC)
    labels = list(moved.organization.billing_periods.order_by("span").values_list("label", flat=True))
    assert labels[:3] == ["2026-10", "2026-11", "2026-11-02"]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("day", ["", "2026-10-31", "2026-11-01"])
def test_a_day_that_cannot_be_names_one_at_the_field(
    day: str, moved: Pilot, administrator: Staff, browser_of: Any
) -> None:
    with time_machine.travel(BETWEEN, tick=False):
        answer = _convert(browser_of(administrator), moved, first_day=day)
    assert answer.status_code == 422
    assert "Choose 2 Nov 2026, or a later day." in answer.text
    assert answer.context["form"].errors.keys() == {"first_day"}
    assert Organization.objects.get(pk=moved.organization_id).status == "pilot"


def test_on_other_days_it_is_today_and_at_once(moved: Pilot, administrator: Staff, browser_of: Any) -> None:
    with time_machine.travel(LATER, tick=False):
        browser = browser_of(administrator)
        # On the clocks of New York.
        assert 'value="2026-11-09"' in _page(browser, moved)
        assert _convert(browser, moved, first_day="2026-11-09", shown=SAID).status_code == 302
    assert _second(moved).effective.lower == LATER


def test_a_day_that_has_passed_is_refused(moved: Pilot, administrator: Staff, browser_of: Any) -> None:
    with time_machine.travel(LATER, tick=False):
        answer = _convert(browser_of(administrator), moved, first_day="2026-11-08")
    assert "8 Nov 2026 has passed in America/New_York. Choose 9 Nov 2026, or a later day." in answer.text


def test_a_second_change_on_one_day_can_begin_on_the_next(pilot: Pilot) -> None:
    terms = snapshot(pilot.organization.contracts.get())
    replace_contract(organization=pilot.organization, actor=ACTOR, terms=terms)
    with time_machine.travel(STARTED + timedelta(hours=1), tick=False):
        with pytest.raises(ValidationError, match="Choose 21 Oct 2026, or a later day"):
            convert_pilot(pilot=pilot, actor=ACTOR, terms=TERMS)
        convert_pilot(pilot=pilot, actor=ACTOR, terms=ContractTerms("EUR", 1, 0, first_day=date(2026, 10, 21)))
    third = Contract.objects.get(organization=pilot.organization_id, number=3)
    assert third.effective.lower == datetime(2026, 10, 20, 22, tzinfo=UTC)


def test_a_version_that_was_prepared_stays_what_it_is(pilot: Pilot) -> None:
    terms = snapshot(pilot.organization.contracts.get())
    begins = datetime(2026, 12, 31, 23, tzinfo=UTC)
    replace_contract(organization=pilot.organization, actor=ACTOR, terms=terms, at=begins)
    with pytest.raises(ValidationError, match=r"begins on 1 Jan 2027\. Choose a day before"):
        convert_pilot(pilot=pilot, actor=ACTOR, terms=ContractTerms("EUR", 1, 0, first_day=date(2027, 1, 1)))


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC", "Europe/Lisbon", "Pacific/Apia"])
def test_the_day_that_is_offered_can_always_be(zone: str, pilot: Pilot, administrator: Staff, browser_of: Any) -> None:
    _move(pilot, zone)
    with time_machine.travel(BETWEEN, tick=False):
        browser = browser_of(administrator)
        day = _page(browser, pilot).split('name="first_day" value="', 1)[1][:10]
        answer = _convert(browser, pilot, first_day=day)
    assert "This is what changes with what you have chosen." in answer.text
