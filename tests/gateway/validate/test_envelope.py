"""400: the body is not what the contract says; each field is named, and nothing is spent."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from axis_admin.gateway.serializers.validate import ValidateRequestSerializer
from keys.asks import Ask
from keys.models import KeySecret
from tests.gateway.conftest import Gateway, asked

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"credential": None}, "credential"),
    ({"credential": 12}, "credential"),
    ({"credential": ["a"]}, "credential"),
    ({"organization": None}, "organization"),
    ({"organization": {"id": "org_1"}}, "organization"),
    ({"api_version": "v3"}, "api_version"),
    ({"api_version": "V2"}, "api_version"),
    ({"api_version": None}, "api_version"),
    ({"api_version": 2}, "api_version"),
    ({"client_ip": "here"}, "client_ip"),
    ({"client_ip": ""}, "client_ip"),
    ({"client_ip": "203.0.113.7:443"}, "client_ip"),
    ({"client_ip": "203.0.113.0/24"}, "client_ip"),
    ({"user_agent": "a\0b"}, "user_agent"),
    ({"user_agent": "a\r\nb"}, "user_agent"),
    ({"user_agent": 1}, "user_agent"),
    ({"idempotency_key": "a\x7fb"}, "idempotency_key"),
    ({"request_id": ""}, "request_id"),
    ({"request_id": "r" * 129}, "request_id"),
    ({"request_id": "r\n"}, "request_id"),
    ({"request_id": 7}, "request_id"),
    ({"idempotency_key": "i" * 256}, "idempotency_key"),
    ({"units": 0}, "units"),
    ({"units": 1_001}, "units"),
    ({"units": -1}, "units"),
    ({"units": "1"}, "units"),
    ({"units": 1.5}, "units"),
    ({"units": True}, "units"),
    ({"units": 10**30}, "units"),
    ({"admit": "false"}, "admit"),
    ({"admit": 0}, "admit"),
    ({"lease": "yes"}, "lease"),
]


@pytest.mark.parametrize(("fields", "named"), WRONG, ids=str)
def test_the_field_at_fault_is_named(calling: Gateway, secret: KeySecret, fields: dict[str, Any], named: str) -> None:
    response = calling.post("keys/validate", asked(secret, **fields))
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [named]
    assert calling.validate(secret)["limits"][0]["remaining"] == 19


@pytest.mark.parametrize("missing", ["credential", "organization", "api_version"])
def test_a_missing_field_is_named(calling: Gateway, secret: KeySecret, missing: str) -> None:
    body = asked(secret)
    del body[missing]
    response = calling.post("keys/validate", body)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [missing]


def test_all_fields_at_fault_are_named_at_once(calling: Gateway) -> None:
    response = calling.post("keys/validate", {"credential": 1, "units": 0, "admit": "no", "request_id": ""})
    named = {error["field"] for error in response.json()["errors"]}
    assert named == {"credential", "organization", "api_version", "units", "admit", "request_id"}


BODIES = {
    "empty": b"",
    "no JSON": b"credential=1",
    "half": b'{"credential": "a',
    "more behind it": b"{} {}",
    "a list": b"[]",
    "a text": b'"axk_live_"',
    "null": b"null",
    "not UTF-8": b'{"credential": "\xff"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"units": NaN}',
    "nested deeply": b'{"credential": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested deeply where it is ignored": b'{"unheard_of": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_object_is_a_400(calling: Gateway, body: bytes) -> None:
    response = calling.post("keys/validate", body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_the_same_name_twice_takes_the_last(calling: Gateway, secret: KeySecret) -> None:
    body = json.dumps(asked(secret)).encode()
    response = calling.post("keys/validate", b'{"credential": 1, ' + body[1:])
    assert response.json()["code"] == "VALID"


def test_half_a_character_is_text_to_be_judged_but_nothing_to_be_kept(calling: Gateway, secret: KeySecret) -> None:
    half = "\ud800"
    assert calling.validate(secret, credential=half)["code"] == "MALFORMED"
    assert calling.validate(secret, organization=half)["code"] == "ORG_MISMATCH"
    assert calling.post("keys/validate", asked(secret, user_agent=half)).status_code == 400


def test_a_body_without_a_content_type_is_read_as_json(calling: Gateway, secret: KeySecret) -> None:
    response = calling.post("keys/validate", asked(secret), content_type="")
    assert response.json()["code"] == "VALID"


# The struct reads the hot path, the serializer stands in the OpenAPI document and names the faults.
odd = st.one_of(st.none(), st.booleans(), st.integers(-2, 1_002), st.floats(), st.just([]), st.just({}))
TEXTS = ["", "v1", "v2", "::1", "203.0.113.7", "fe80::1%eth0", "r" * 128, "r" * 129, "a\0", "\x85", "\ud800"]
texts = st.text(max_size=5) | st.sampled_from(TEXTS)
bodies = st.fixed_dictionaries(
    {"credential": texts | odd, "organization": texts | odd, "api_version": st.just("v1") | texts},
    optional=dict.fromkeys((*Ask.__struct_fields__[3:], "unheard_of"), texts | odd),
)


@settings(max_examples=1_000, deadline=None)
@given(body=bodies)
def test_the_serializer_and_the_struct_accept_the_same(body: dict[str, Any]) -> None:
    try:
        read = msgspec.convert(body, Ask)
    except (msgspec.ValidationError, UnicodeEncodeError):
        read = None
    checked = ValidateRequestSerializer(data=body)
    assert checked.is_valid() == (read is not None), (body, checked.errors)
    if read is not None:
        assert {name: getattr(read, name) for name in checked.validated_data} == checked.validated_data


def test_they_have_the_same_fields() -> None:
    assert list(ValidateRequestSerializer().fields) == list(Ask.__struct_fields__)
