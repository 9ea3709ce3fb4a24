"""The pages of capacity: what stands there for whom, and what a form does."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from orgs import actions
from orgs.actions.capacity import HourUse, note_utilisation
from orgs.capacity import refused
from orgs.models import CapacityPool, Organization, Reservation, Staff
from tests.capacity import ACTOR, a_pool, a_reservation, in_days, reserved
from tests.factories import DecisionHourFactory, OrganizationFactory

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(administrator: Staff, browser_of: Any) -> Client:
    return browser_of(administrator)


@pytest.fixture
def full(her_organization: Organization) -> CapacityPool:
    """A pool of 32 units that is full for four days, from the day after tomorrow on."""
    pool = a_pool("lisbon-a", capacity=32)
    a_reservation(pool, organization=her_organization, units=32, first=2, last=5)
    return pool


def _asked(organization: Organization, **fields: Any) -> dict[str, Any]:
    days = {"first": in_days(4).isoformat(), "last": in_days(7).isoformat()}
    usual = {"organization": organization.uid, "pool": "lisbon-a", "units": 12, "keep": "now", "overflow": "shared"}
    return {**usual, **days, **fields}


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_timeline_draws_who_has_what_and_warns_of_full_days_from_the_same_rows(
    client: Client, full: CapacityPool, her_organization: Organization
) -> None:
    a_reservation(full, organization=her_organization, units=8, first=10, last=12, hold_for=HOUR)
    page = _text(client, "/capacity/")
    assert f"No unit is free in lisbon-a on {Reservation.objects.get(units=32).span}." in page
    assert "Halide &amp; Sons · 32" in page
    drawn = page.partition("lisbon-a timeline")[2]
    assert drawn.count('class="heat3"') == 4
    assert 'class="res hold"' in page
    assert "1 active, 1 hold" in page


def test_a_hold_that_has_run_out_is_gone_from_the_page_before_the_sweep(client: Client, full: CapacityPool) -> None:
    a_reservation(full, units=8, first=10, last=12, hold_for=HOUR)
    with time_machine.travel(timezone.now() + 2 * HOUR):
        page = _text(client, "/capacity/")
    assert 'class="res hold"' not in page
    assert re.search(r"1 active(?!, 1 hold)", page)


def test_an_account_manager_sees_how_much_others_have_and_not_who_they_are(
    account_manager: Staff, browser_of: Any, full: CapacityPool, other_organization: Organization
) -> None:
    other = a_reservation(full, organization=other_organization, units=7, first=6, last=20)
    page = _text(browser_of(account_manager), "/capacity/")
    assert "Another organization · 7" in page
    assert other_organization.name not in page
    assert other.uid not in page
    assert other_organization.name not in _text(browser_of(account_manager), f"/capacity/{full.code}/")


def test_a_form_reserves(client: Client, full: CapacityPool, other_organization: Organization) -> None:
    days = {"first": in_days(6).isoformat(), "last": in_days(8).isoformat()}
    answer = client.post("/capacity/reserve/", _asked(other_organization, **days, contract_ref="AX-7", reason="spring"))
    made = Reservation.objects.get(organization=other_organization)
    assert answer["Location"] == f"/capacity/reservations/{made.uid}/"
    assert (made.units, made.state, made.contract_ref) == (12, "active", "AX-7")
    assert reserved(full, 6, 8) == [12, 12]


def test_a_hold_says_for_how_many_days(client: Client, full: CapacityPool, other_organization: Organization) -> None:
    days = {"first": in_days(6).isoformat(), "last": in_days(8).isoformat(), "keep": "hold"}
    assert client.post("/capacity/reserve/", _asked(other_organization, **days)).status_code == 422
    client.post("/capacity/reserve/", _asked(other_organization, **days, hold_days=3))
    hold = Reservation.objects.get(organization=other_organization)
    assert hold.hold_expires_at is not None
    assert timedelta(days=2, hours=23) < hold.hold_expires_at - timezone.now() <= timedelta(days=3)
    assert "A hold until" in _text(client, f"/capacity/reservations/{hold.uid}/")


def test_until_a_reservation_begins_its_page_says_where_jobs_run(
    client: Client, full: CapacityPool, her_organization: Organization
) -> None:
    later = a_reservation(full, organization=her_organization, units=8, first=8, last=12)
    page = f"/capacity/reservations/{later.uid}/"
    assert f"what else is reserved for it: 32 units in lisbon-a, {Reservation.objects.get(units=32).span}." in _text(
        client, page
    )
    assert "Beyond that they run in the shared room." in _text(client, page)
    a_reservation(full, organization=her_organization, units=2, first=6, last=7, overflow="refuse")
    assert "or are refused, as those reservations say." in _text(client, page)


def test_without_another_reservation_jobs_run_in_the_shared_room_until_it_begins(client: Client) -> None:
    later = a_reservation(first=3, last=4)
    a_reservation(a_pool(api_version="v1"), organization=later.organization, units=1)
    assert "Until then the organization’s v2 jobs run in the shared room." in _text(
        client, f"/capacity/reservations/{later.uid}/"
    )


def test_without_room_the_form_names_the_days_and_offers_ranges_that_a_button_fills_in(
    client: Client, full: CapacityPool, other_organization: Organization
) -> None:
    answer = client.post("/capacity/reserve/", _asked(other_organization))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Kestrel VFX cannot have 12 units in lisbon-a" in page
    assert "no unit is free on" in page
    offered = re.findall(r'name="use" value="([^"]+)"', page)
    assert offered == [f"{in_days(6)}/{in_days(9)}/12", f"{in_days(10)}/{in_days(13)}/12"]
    filled = client.post("/capacity/reserve/", _asked(other_organization, use=offered[0]))
    assert filled.status_code == 200
    assert f'value="{in_days(6)}"' in filled.content.decode()
    assert f'value="{in_days(9)}"' in filled.content.decode()
    assert not Reservation.objects.filter(organization=other_organization).exists()


def test_fewer_units_for_the_same_days_are_offered_where_some_are_free(
    client: Client, full: CapacityPool, other_organization: Organization
) -> None:
    a_reservation(full, units=20, first=6, last=9)
    days = {"first": in_days(6).isoformat(), "last": in_days(9).isoformat()}
    page = client.post("/capacity/reserve/", _asked(other_organization, units=30, **days)).content.decode()
    assert "Use 12 units" in page
    assert f'value="{in_days(6)}/{in_days(9)}/12"' in page


def test_nobody_reserves_for_an_organization_out_of_their_scope(
    account_manager: Staff, browser_of: Any, full: CapacityPool, other_organization: Organization
) -> None:
    days = {"first": in_days(6).isoformat(), "last": in_days(8).isoformat()}
    answer = browser_of(account_manager).post("/capacity/reserve/", _asked(other_organization, **days))
    assert answer.status_code == 422
    assert other_organization.name not in answer.content.decode()
    assert not Reservation.objects.filter(organization=other_organization).exists()


def test_each_step_is_a_form(client: Client, full: CapacityPool) -> None:
    hold = a_reservation(full, units=8, first=10, last=12, hold_for=HOUR)
    page = f"/capacity/reservations/{hold.uid}/"
    for step, answer in (
        ("confirm/", {}),
        ("extend/", {"last": in_days(20).isoformat()}),
        ("shorten/", {"last": in_days(15).isoformat(), "reason": "less"}),
        ("cancel/", {"reason": "over"}),
    ):
        assert client.get(page + step).status_code == 200
        assert client.post(page + step, answer)["Location"] == page, step
    hold.refresh_from_db()
    assert (hold.state, hold.span.last) == ("cancelled", in_days(15))
    assert client.get(page + "cancel/")["Location"] == page
    assert client.post(page + "cancel/", {"reason": "again"}).status_code == 422


def test_extending_into_full_days_offers_the_last_that_fits(client: Client, full: CapacityPool) -> None:
    reservation = a_reservation(full, units=8, first=8, last=9)
    a_reservation(full, units=30, first=12, last=14)
    page = client.post(f"/capacity/reservations/{reservation.uid}/extend/", {"last": in_days(13).isoformat()})
    assert page.status_code == 422
    value = re.findall(r'name="use" value="([^"]+)"', page.content.decode())
    assert value == [f"{in_days(10)}/{in_days(11)}/"]
    filled = client.post(f"/capacity/reservations/{reservation.uid}/extend/", {"use": value[0]}).content.decode()
    assert f'value="{in_days(11)}"' in filled


def test_a_pool_s_page_opens_changes_and_refuses_with_what_is_in_the_way(client: Client, full: CapacityPool) -> None:
    worth = {"region": "eu-west", "unit_name": "unit", "jobs_per_unit": 5, "generations_per_minute_per_unit": 10}
    new = {"code": "oregon-a", "api_version": "v2", "capacity": 24, **worth}
    assert client.post("/capacity/new/", new)["Location"] == "/capacity/oregon-a/"
    assert client.post("/capacity/new/", {**new, "code": "reserve"}).status_code == 422
    assert client.post("/capacity/lisbon-a/change/", worth)["Location"] == "/capacity/lisbon-a/"
    lower = {"units": 16, "starts_on": in_days(0).isoformat(), "reason": "two machines left"}
    refused_page = client.post("/capacity/lisbon-a/capacity/", lower)
    assert refused_page.status_code == 422
    said = refused_page.content.decode()
    assert Reservation.objects.get().uid in said
    assert said.count("lisbon-a cannot hold 16 units") == 1
    assert client.post("/capacity/lisbon-a/capacity/", {**lower, "units": 40}).status_code == 302
    page = _text(client, "/capacity/lisbon-a/")
    assert "5 running jobs" in page
    assert "0 of 40 reserved today" in page


def test_what_ran_stands_against_what_was_reserved(client: Client) -> None:
    reservation = a_reservation(units=8)
    # An hour later the hour of now is whole.
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    note_utilisation([HourUse(reservation.pool_id, reservation.organization_id, hour, 24, 28_800)])
    with time_machine.travel(hour + timedelta(hours=1, minutes=5)):
        page = _text(client, f"/capacity/{reservation.pool.code}/")
        mine = _text(client, f"/orgs/{reservation.organization.uid}/capacity/")
    assert "In reservations: 24" in page
    assert "Reserved: 32" in page
    assert "busiest 25%" in page
    assert "In reservations: 24" in mine
    assert "32" in mine


def test_what_our_capacity_refused_is_counted_in_scope(
    client: Client, account_manager: Staff, browser_of: Any, her_organization: Organization
) -> None:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    of_hers = {"key": None, "organization": her_organization, "code": "CAPACITY_EXHAUSTED"}
    DecisionHourFactory(hour=now, calls=1_203, **of_hers)
    DecisionHourFactory(hour=now - timedelta(days=8), calls=5, **of_hers)
    DecisionHourFactory(hour=now, calls=7, **{**of_hers, "organization": OrganizationFactory()})
    DecisionHourFactory(hour=now, calls=9, **{**of_hers, "code": "RATE_LIMITED"})
    assert refused.lately(Organization.objects.all(), at=timezone.now()) == 1_210
    a_pool()
    assert "1,210" in _text(client, "/capacity/")
    assert "1,203" in _text(browser_of(account_manager), "/capacity/")


def test_a_closed_organization_that_still_has_units_is_named(client: Client, full: CapacityPool) -> None:
    assert "still have units" not in _text(client, "/capacity/")
    actions.close_organization(organization=Reservation.objects.get().organization, actor=ACTOR, reason="left")
    assert "Halide &amp; Sons has 32 units in lisbon-a." in _text(client, "/capacity/")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("", 1), ("&state=over", 1), ("&state=all", 2), ("&pool=lisbon-a", 1), ("&pool=other", 0), ("&pool=%00", 1)],
)
def test_the_list_is_filtered(client: Client, full: CapacityPool, asked: str, shown: int) -> None:
    a_reservation(full, hold_for=HOUR, first=8, last=9)
    with time_machine.travel(timezone.now() + 2 * HOUR):
        page = _text(client, f"/capacity/?view=list{asked}")
    assert page.count("/capacity/reservations/") == shown


@pytest.mark.parametrize("asked", ["2027-01-06", "9999-12-31", "yesterday", "%00", "0001-01-01"])
def test_the_window_moves_by_the_day_asked_for_or_stays(client: Client, full: CapacityPool, asked: str) -> None:
    page = _text(client, f"/capacity/?from={asked}")
    assert ("4 Jan to 14 Feb 2027" in page) == (asked == "2027-01-06")


def test_without_pools_the_page_says_what_one_is(client: Client) -> None:
    assert "No pool yet" in _text(client, "/capacity/")


def test_many_reservations_share_lines(client: Client, full: CapacityPool) -> None:
    for place in range(14):
        a_reservation(full, units=1, first=6 + place, last=6 + place)
    heights = re.findall(r'<svg height="(\d+)" role="img"', _text(client, "/capacity/"))
    assert int(heights[0]) < 14 * 34


def test_what_lies_ahead_is_active_from_its_first_day_on(client: Client, full: CapacityPool) -> None:
    ahead = Reservation.objects.get()
    said = f"Active from {ahead.span.first:%-d %b}"
    paths = ("/capacity/lisbon-a/", f"/capacity/reservations/{ahead.uid}/", f"/orgs/{ahead.organization.uid}/capacity/")
    assert all(said in _text(client, path) for path in paths)
    present = a_reservation(full, units=1, first=0, last=1)
    assert "Active from" not in _text(client, f"/capacity/reservations/{present.uid}/")
