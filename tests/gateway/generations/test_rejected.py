"""rejected: not usage, kept with its raw body; the others of the batch are none the worse."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit import uuid7
from keys.models import KeySecret
from metering.models import RejectedGeneration
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway, rfc3339
from tests.gateway.generations.conftest import Report, generation, stored

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

REJECTED: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"units": "1"}, "invalid_field", ["units"]),
    ({"outcome": "maybe"}, "invalid_field", ["outcome"]),
    ({"occurred_at": "yesterday"}, "invalid_field", ["occurred_at"]),
    ({"resolution": "x" * 17}, "invalid_field", ["resolution"]),
    ({"organization": "a\0b"}, "invalid_field", ["organization"]),
    ({"units": 10**30}, "invalid_field", ["units"]),
    ({"generation_id": "0b46f1b8-8d52-4a0c-9a3e-6a8f5f6f2f11"}, "invalid_id", ["generation_id"]),
    ({"organization": "org_nobody"}, "unknown_organization", ["organization"]),
    ({"key": "000000000000"}, "unknown_key", ["key"]),
    ({"units": 0}, "invalid_units", ["units"]),
    ({"units": 1_001}, "invalid_units", ["units"]),
    ({"occurred_at": -36 * DAY}, "timestamp_too_old", ["occurred_at"]),
    ({"occurred_at": -2 * DAY}, "id_time_mismatch", ["generation_id", "occurred_at"]),
    ({"occurred_at": 30 * MINUTE}, "timestamp_in_future", ["occurred_at"]),
    # In UTC these have no year that there is.
    ({"occurred_at": "0001-01-01T00:00:00+10:00"}, "timestamp_too_old", ["occurred_at"]),
    ({"occurred_at": "9999-12-31T23:59:59-10:00"}, "id_time_mismatch", ["generation_id", "occurred_at"]),
]


@pytest.mark.parametrize(("wrong", "code", "fields"), REJECTED, ids=lambda one: str(one)[:40])
def test_the_first_fault_is_named(
    report: Report, secret: KeySecret, wrong: dict[str, Any], code: str, fields: list[str]
) -> None:
    now = timezone.now()
    # A time is written as how far it is from now.
    said = {name: rfc3339(now + one) if isinstance(one, timedelta) else one for name, one in wrong.items()}
    result, other = report({**generation(secret, now), **said}, generation(secret, now))
    assert (result["status"], result["code"], result["fields"]) == ("rejected", code, fields)
    assert result["retryable"] == (code == "timestamp_in_future")
    assert result["period"] is None
    assert other["status"] == "accepted"
    assert stored() == (1, 1)


def test_a_key_of_another_organization_is_rejected(report: Report, secret: KeySecret) -> None:
    (result,) = report(generation(secret, key=SecretFactory().public_id))
    assert (result["status"], result["code"]) == ("rejected", "key_of_other_organization")


@pytest.mark.parametrize("item", [None, 1, "text", [], [{}], True])
def test_an_item_that_is_no_object_has_no_id(report: Report, secret: KeySecret, item: Any) -> None:
    result, other = report(item, generation(secret))
    assert (result["status"], result["code"], result["generation_id"]) == ("rejected", "invalid_field", None)
    assert other["status"] == "accepted"


ODD = {
    "a number without end": '"units": 1e999',
    "a number that nothing holds": '"units": 123456789012345678901234567890',
    "half a character": '"organization": "\\ud800"',
    "half a character in the id": '"generation_id": "\\udfff"',
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_json_that_has_no_like_here_fails_its_item_alone(calling: Gateway, secret: KeySecret, odd: str) -> None:
    item = generation(secret)
    good = str(item).replace("'", '"')
    bad = "{" + f'"generation_id": "{uuid7.make(timezone.now())}", {odd}' + "}"
    response = calling.post("generations", f'{{"source": "gw", "generations": [{bad}, {good}]}}'.encode())
    assert response.status_code == 200
    assert [one["status"] for one in response.json()["results"]] == ["rejected", "accepted"]


def test_what_was_rejected_is_kept_as_it_came(report: Report, secret: KeySecret) -> None:
    report(generation(secret, units=0, note="by hand"))
    kept = RejectedGeneration.objects.get()
    assert '"note": "by hand"' in kept.raw
    assert (kept.source, kept.code) == ("gw-eu-1", "invalid_units")
    assert kept.gateway.startswith("gwc_")
