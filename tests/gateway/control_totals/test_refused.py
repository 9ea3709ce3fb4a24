"""400 and 413: each fault is named, and nothing of the call is stored."""

from typing import Any

import pytest

from metering.models import ControlTotal, SourceCompletion
from orgs.models import Organization
from tests.gateway.conftest import Gateway
from tests.gateway.control_totals.conftest import THROUGH, Tell, total


def named(response: Any) -> list[str]:
    assert response.status_code == 400, response.content
    assert not ControlTotal.objects.exists()
    assert not SourceCompletion.objects.exists()
    return [error["field"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"source": ""}, ["source"]),
        ({"source": "s" * 65}, ["source"]),
        ({"source": 1}, ["source"]),
        ({"complete_through": None}, ["complete_through"]),
        ({"complete_through": "2026-03-02 09:00"}, ["complete_through"]),
        ({"complete_through": "2026-03-02T09:00:00"}, ["complete_through"]),
        ({"complete_through": "2026-02-30T09:00:00Z"}, ["complete_through"]),
        ({"complete_through": "0001-01-01T00:00:00+01:00"}, ["complete_through"]),
        ({"complete_through": 1772442000}, ["complete_through"]),
        ({"complete_through": "2999-01-01T00:00:00Z"}, ["complete_through"]),
        ({"totals": None}, ["totals"]),
        ({"totals": {}}, ["totals"]),
        ({"totals": [None]}, ["totals.0"]),
        ({"source": "", "complete_through": ""}, ["source", "complete_through"]),
    ],
    ids=str,
)
def test_a_fault_of_the_envelope_is_named(tell: Tell, db: None, fields: dict[str, Any], at_fault: list[str]) -> None:
    assert named(tell(**fields)) == at_fault


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"hour": "2026-03-02T08:30:00Z"}, "hour"),
        ({"hour": "2026-03-02T08:00:00+05:45"}, "hour"),
        ({"hour": "2026-03-02T08:00:00.001Z"}, "hour"),
        ({"hour": "2999-01-01T00:00:00Z"}, "hour"),
        ({"hour": None}, "hour"),
        ({"organization": 7}, "organization"),
        ({"organization": "a\x00b"}, "organization"),
        ({"api_version": "v3"}, "api_version"),
        ({"api_version": ["v1"]}, "api_version"),
        ({"succeeded": -1}, "succeeded"),
        ({"succeeded": "812"}, "succeeded"),
        ({"succeeded": True}, "succeeded"),
        ({"succeeded": 10**9 + 1}, "succeeded"),
        ({"succeeded": 1.5}, "succeeded"),
    ],
    ids=str,
)
def test_a_fault_of_a_total_is_named_by_its_place(
    tell: Tell, customer: Organization, fields: dict[str, Any], at_fault: str
) -> None:
    assert named(tell(total(customer), {**total(customer), **fields})) == [f"totals.1.{at_fault}"]


def test_an_organization_that_does_not_exist_is_named(tell: Tell, customer: Organization) -> None:
    assert named(tell(total(customer), total("org_nobody"))) == ["totals.1.organization"]


def test_an_hour_that_is_told_twice_is_named(tell: Tell, customer: Organization) -> None:
    assert named(tell(total(customer), total(customer, succeeded=3))) == ["totals.1"]


@pytest.mark.parametrize("missing", ["source", "complete_through", "totals"])
def test_a_missing_field_is_named(calling: Gateway, missing: str) -> None:
    body = {"source": "gw-eu-1", "complete_through": THROUGH, "totals": []}
    del body[missing]
    assert named(calling.post("control-totals", body)) == [missing]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"source": ', b'{"totals": ' + b"[" * 9_000 + b"]" * 9_000 + b"}"])
def test_a_body_that_is_no_object_is_a_400(calling: Gateway, body: bytes) -> None:
    response = calling.post("control-totals", body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_more_than_a_thousand_totals_are_a_413(tell: Tell, customer: Organization) -> None:
    assert tell(*[total(customer)] * 1_001).status_code == 413
    assert not SourceCompletion.objects.exists()


def test_more_than_a_mebibyte_is_a_413(calling: Gateway) -> None:
    assert calling.post("control-totals", b" " * (1024 * 1024 + 1)).status_code == 413


def test_another_method_is_not_known(calling: Gateway) -> None:
    response = calling.client.get("/gateway/v1/control-totals", headers={"Authorization": f"Bearer {calling.text}"})
    assert response.status_code == 405
    assert response["Allow"] == "POST"
