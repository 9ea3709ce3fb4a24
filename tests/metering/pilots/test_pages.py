"""A pilot's page, the board, home, and converting it on its page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from keys import actions
from keys.models import KeySecret, Pilot
from keys.pilot_limits import Agreed
from metering import contracts, tasks, terms
from metering.actions import convert_pilot
from metering.pilots import ContractTerms
from orgs import actions as org_actions
from orgs.models import Organization, Reservation, Staff
from tests.cast import ACTOR
from tests.metering.conftest import Report, generation
from tests.metering.contracts.conftest import PRICED

DAY = timedelta(days=1)


def page(browser: Any, pilot: Pilot, name: str = "pilot") -> str:
    answer = browser.get(reverse(f"metering:{name}", args=[pilot.organization.uid]))
    assert answer.status_code == 200
    text: str = answer.text
    return text


def convert(browser: Any, pilot: Pilot, **fields: Any) -> Any:
    organization = Organization.objects.get(pk=pilot.organization_id)
    data = {"version": organization.version, "contract": "keep", "shown": "None", **fields}
    return browser.post(reverse("metering:convert_pilot", args=[organization.uid]), data)


def test_its_page_says_how_far_it_is(
    pilot: Pilot, live: KeySecret, report: Report, viewer: Staff, browser_of: Any
) -> None:
    moment = timezone.now() + DAY
    with time_machine.travel(moment, tick=False):
        each = [generation(live, pilot.starts_at + n * timedelta(minutes=1), duration_ms=900) for n in range(1, 13)]
        report(*each, at=moment)
        shown = page(browser_of(viewer), pilot)
    for said in ("12 of 100", "12 of 10", "900 ms now", "2 of 3 met", "v2 60 a minute, 4 running jobs"):
        assert said in shown
    assert "Extend pilot" not in shown


def test_one_that_begins_later_does_not_say_that_it_began(pilot: Pilot, viewer: Staff, browser_of: Any) -> None:
    with time_machine.travel(pilot.starts_at - timedelta(hours=1), tick=False):
        later = page(browser_of(viewer), pilot)
    assert "<dt>Begins</dt>" in later
    assert "Began" not in later
    assert "<dt>Began</dt>" in page(browser_of(viewer), pilot)


def test_what_stands_in_the_way_is_called_out_two_weeks_ahead(
    pilot: Pilot, administrator: Staff, browser_of: Any
) -> None:
    org_actions.remove_contact(contact=pilot.organization.contacts.get(kind="billing"), actor=ACTOR)
    browser = browser_of(administrator)
    with time_machine.travel(pilot.ends_at - 15 * DAY, tick=False):
        assert "cannot be converted yet" not in page(browser_of(administrator), pilot)
    with time_machine.travel(pilot.ends_at - 13 * DAY, tick=False):
        browser = browser_of(administrator)
        shown, home = page(browser, pilot), browser.get("/").text
        card = browser.get(
            reverse("metering:pilot", args=[pilot.organization.uid]), headers={"HX-Request": "true"}
        ).text
    assert "cannot be converted yet" in shown
    assert "In the way of converting it: no billing contact" in home
    assert "No billing contact" in card


def test_home_names_pilots_close_to_their_cap(
    pilot: Pilot, live: KeySecret, report: Report, administrator: Staff, browser_of: Any
) -> None:
    moment = timezone.now() + DAY
    with time_machine.travel(moment, tick=False):
        report(*(generation(live, pilot.starts_at + n * timedelta(minutes=1)) for n in range(1, 86)), at=moment)
        tasks.warn_of_pilot_caps()
        assert "has used 85 of 100 generations" in browser_of(administrator).get("/").text


@pytest.mark.parametrize(
    ("query", "there"),
    [("", True), ("?state=soon", False), ("?state=ended", False), ("?state=all&q=tess", True), ("?q=nobody", False)],
)
def test_the_board_follows_its_filters(
    query: str, there: bool, pilot: Pilot, administrator: Staff, browser_of: Any
) -> None:
    shown = browser_of(administrator).get(reverse("metering:pilots") + query).text
    assert ("Tessera" in shown) is there


def test_the_board_shows_an_account_manager_her_own(
    pilot: Pilot, account_manager: Staff, administrator: Staff, browser_of: Any
) -> None:
    browser = browser_of(account_manager)
    assert "Tessera" not in browser.get(reverse("metering:pilots")).text
    org_actions.edit_organization(
        organization=pilot.organization, actor=ACTOR, values={"account_manager": account_manager}
    )
    assert "Tessera" in browser.get(reverse("metering:pilots")).text


def test_converting_shows_what_changes_and_does_it(pilot: Pilot, key_admin: Staff, browser_of: Any) -> None:
    browser = browser_of(key_admin)
    shown = page(browser, pilot, "convert_pilot")
    for said in ("Standard, version", "300 a minute, burst 60", "100 in all", "Stays as it is: API versions, Contract"):
        assert said in shown
    answer = convert(browser, pilot, reason="signed")
    assert answer["Location"] == reverse("orgs:detail", args=[pilot.organization.uid])
    assert Organization.objects.get(pk=pilot.organization_id).status == "active"


def test_nothing_is_converted_of_which_the_changes_were_not_seen(
    pilot: Pilot, held: Reservation, administrator: Staff, browser_of: Any
) -> None:
    browser = browser_of(administrator)
    asked = {"contract": "new", "currency": "usd", "anchor_day": 15, "included_generations": 5_000, "holds": [held.pk]}
    first = convert(browser, pilot, **asked)
    assert first.status_code == 422
    assert "USD, from day 15 of the month, 5,000 included" in first.text
    assert "dedicated, up to 8 running jobs" in first.text
    assert Organization.objects.get(pk=pilot.organization_id).status == "pilot"
    mark = f"USD, from day 15 of the month, 5,000 included {held.uid}"
    assert f'value="{mark}"' in first.text
    assert convert(browser, pilot, **asked, shown=mark).status_code == 302
    organization = Organization.objects.get(pk=pilot.organization_id)
    assert (organization.status, organization.contracts.count()) == ("active", 2)


def test_a_version_that_was_prepared_holds_at_once_with_its_prices(
    pilot: Pilot, administrator: Staff, browser_of: Any
) -> None:
    organization, browser = pilot.organization, browser_of(administrator)
    there = replace(PRICED, time_zone=organization.time_zone)
    coming = contracts.replace_contract(
        organization=organization, actor=ACTOR, terms=there, at=timezone.now() + 60 * DAY
    )
    said = "EUR, from day 1 of the month, 1,000 included, 2 prices"
    assert f"Version 2 now, not only from {coming.effective.lower:%-d %b %Y}: {said}" in page(
        browser, pilot, "convert_pilot"
    )
    assert convert(browser, pilot, contract="coming", shown=said).status_code == 302
    present = organization.contracts.covering(timezone.now()).get()
    assert (present.number, present.effective.upper) == (3, coming.effective.lower)
    assert terms.snapshot(present) == replace(terms.snapshot(coming), number=3)


def test_prices_do_not_become_another_currencys(pilot: Pilot) -> None:
    berlin = replace(PRICED, time_zone=pilot.organization.time_zone)
    contracts.correct_contract(
        contract=pilot.organization.contracts.get(), actor=ACTOR, terms=berlin, reason="As it was signed"
    )
    with pytest.raises(ValidationError, match="Its prices are in EUR"):
        convert_pilot(pilot=pilot, actor=ACTOR, terms=ContractTerms("USD", 1, 0))


def test_a_new_version_of_the_contract_says_everything(pilot: Pilot, administrator: Staff, browser_of: Any) -> None:
    answer = convert(browser_of(administrator), pilot, contract="new", currency="EURO", anchor_day="")
    assert answer.status_code == 422
    assert "A new version says this." in answer.text


def test_with_something_in_the_way_nothing_is_offered_and_nothing_done(
    pilot: Pilot, administrator: Staff, browser_of: Any
) -> None:
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=Agreed(), lines=[], production_plan=None)
    browser = browser_of(administrator)
    shown = page(browser, pilot, "convert_pilot")
    assert "It cannot be converted yet" in shown
    assert 'type="submit">' not in shown.split("<main", 1)[1].split("</main", 1)[0]
    assert "No production plan" in convert(browser, pilot).text
    assert Organization.objects.get(pk=pilot.organization_id).status == "pilot"


def test_an_organization_without_one_says_so(her_organization: Organization, viewer: Staff, browser_of: Any) -> None:
    answer = browser_of(viewer).get(reverse("metering:pilot", args=[her_organization.uid]))
    assert "No pilot" in answer.text
