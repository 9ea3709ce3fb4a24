"""Text from outside: what could lie about itself is refused, and no credential in it is kept or repeated."""

import re
import sys

import pytest
import redis

from audit import wording
from keys import asks
from keys.models import KeySecret, SecretUse
from keys.uses import flush
from tests.gateway.conftest import Gateway, asked


def test_what_is_fit_is_what_the_trail_calls_fit() -> None:
    everything = map(chr, range(sys.maxunicode + 1))
    disagreed = [one for one in everything if bool(re.match(asks.FIT, one)) is not wording.is_fit(one)]
    assert disagreed == []


@pytest.mark.parametrize("field", ["user_agent", "idempotency_key", "request_id"])
@pytest.mark.parametrize("character", ["\x1b", "\u202e", "\u2029", "\u200f"], ids=ascii)
def test_an_unfit_character_is_named(calling: Gateway, secret: KeySecret, field: str, character: str) -> None:
    response = calling.post("keys/validate", asked(secret, **{field: f"a{character}b"}))
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("address", ["::1%\0", "::1%eth0", "fe80::1%\u202e", "203.0.113.7%eth0"])
def test_an_address_that_names_an_interface_is_refused(calling: Gateway, secret: KeySecret, address: str) -> None:
    response = calling.post("keys/validate", asked(secret, client_ip=address))
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["client_ip"]


def test_a_gateway_on_the_same_wire_is_noted_without_its_interface(calling: Gateway, secret: KeySecret) -> None:
    calling.post("keys/validate", asked(secret), REMOTE_ADDR="fe80::1%eth0")
    flush()
    calling.row.refresh_from_db()
    assert calling.row.use.address == "fe80::1"


def test_a_field_whose_name_is_no_text_is_ignored(calling: Gateway, secret: KeySecret) -> None:
    assert calling.validate(secret, **{"\ud800": 1})["code"] == "VALID"


@pytest.mark.parametrize("version", ["\ud800", "\u202e", "axk_live_000000000000_" + "0" * 38, ["x" * 9_999]], ids=ascii)
def test_a_fault_quotes_nothing_that_may_not_be_shown(calling: Gateway, secret: KeySecret, version: object) -> None:
    response = calling.post("keys/validate", asked(secret, api_version=version))
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["field"] == "api_version"
    assert wording.is_fit(error["detail"])
    assert not wording.holds_credential(error["detail"])
    assert len(error["detail"]) <= 200


@pytest.mark.parametrize("levels", [90, 500, 1_000])
@pytest.mark.parametrize("field", ["credential", "api_version", "units"])
def test_a_field_nested_deeply_is_a_400(calling: Gateway, field: str, levels: int) -> None:
    body = b'{"organization": "o", "%s": %s}' % (field.encode(), b"[" * levels + b"]" * levels)
    assert calling.post("keys/validate", body).status_code == 400


def test_the_counter_store_sees_no_credential(
    calling: Gateway, secret: KeySecret, a_patient_and_empty_counter_store: redis.Redis
) -> None:
    text: str = secret.text  # type: ignore[attr-defined]
    agent = "x" * 170 + text
    assert calling.validate(secret, request_id=text, user_agent=agent)["code"] == "VALID"
    store = a_patient_and_empty_counter_store
    noted = b"".join(store.dump(name) + name for name in store.scan_iter())  # type: ignore[operator]
    assert text[-38:-20].encode() not in noted
    flush()
    assert SecretUse.objects.get().user_agent == ("x" * 170 + text[:-38] + "…")[:200]
