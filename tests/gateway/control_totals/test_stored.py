"""200: what a source says it has counted stands, by hour, organization and version."""

from typing import Any

from metering.models import ControlTotal, SourceCompletion
from orgs.models import Organization
from tests.gateway.conftest import Gateway
from tests.gateway.control_totals.conftest import EIGHT, THROUGH, Tell, total


def told() -> list[tuple[Any, ...]]:
    rows = ControlTotal.objects.order_by("source", "hour", "api_version")
    return list(rows.values_list("source", "hour", "organization__name", "api_version", "succeeded"))


def test_a_total_is_stored_with_who_told_it(calling: Gateway, tell: Tell, customer: Organization) -> None:
    response = tell(total(customer), total(customer, api_version="v1", succeeded=0))
    assert response.status_code == 200
    assert response.json() == {"stored": 2, "complete_through": THROUGH}
    assert told() == [
        ("gw-eu-1", EIGHT, "Halide & Sons", "v1", 0),
        ("gw-eu-1", EIGHT, "Halide & Sons", "v2", 812),
    ]
    assert set(ControlTotal.objects.values_list("gateway", flat=True)) == {calling.row.uid}
    assert SourceCompletion.objects.get().gateway == calling.row.uid


def test_what_is_told_again_replaces_what_was_told(tell: Tell, customer: Organization) -> None:
    tell(total(customer))
    tell(total(customer, succeeded=3))
    assert told() == [("gw-eu-1", EIGHT, "Halide & Sons", "v2", 3)]


def test_each_source_has_its_own_totals(tell: Tell, customer: Organization) -> None:
    tell(total(customer))
    tell(total(customer, succeeded=1), source="gw-us-1")
    assert [(one[0], one[-1]) for one in told()] == [("gw-eu-1", 812), ("gw-us-1", 1)]


def test_an_hour_may_be_told_in_any_offset(tell: Tell, customer: Organization) -> None:
    tell(total(customer, hour="2026-03-02T13:30:00+05:30"))
    assert told()[0][1] == EIGHT


def test_a_source_may_be_complete_and_have_nothing_to_tell(tell: Tell, db: None) -> None:
    assert tell().json() == {"stored": 0, "complete_through": THROUGH}
    assert SourceCompletion.objects.get().source == "gw-eu-1"


def test_being_complete_never_goes_back(tell: Tell, db: None) -> None:
    tell()
    assert tell(complete_through="2026-03-01T00:00:00Z").json()["complete_through"] == THROUGH
    later = "2026-03-02T10:00:00.000Z"
    assert tell(complete_through=later).json()["complete_through"] == later


def test_unknown_fields_are_ignored(tell: Tell, customer: Organization) -> None:
    assert tell(total(customer, note="x"), also=[1]).status_code == 200


def test_a_thousand_totals_are_one_call(tell: Tell, customer: Organization) -> None:
    hours = [
        f"2026-{month:02}-{day:02}T{hour:02}:00:00Z" for month in (1, 2) for day in range(1, 22) for hour in range(24)
    ]
    response = tell(*(total(customer, hour=hour) for hour in hours[:1_000]))
    assert response.json()["stored"] == ControlTotal.objects.count() == 1_000
