"""400 and 413: the envelope is not what the contract says, and nothing was stored."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import ValidationError, convert

from axis_admin.gateway.reports import Report
from axis_admin.gateway.serializers.generations import GenerationsRequestSerializer
from keys.models import KeySecret
from tests.gateway.conftest import Gateway
from tests.gateway.generations.conftest import generation, stored

WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"source": ""}, ["source"]),
    ({"source": None}, ["source"]),
    ({"source": 1}, ["source"]),
    ({"source": "s" * 65}, ["source"]),
    ({"source": "a\nb"}, ["source"]),
    ({"source": "a\0"}, ["source"]),
    ({"generations": []}, ["generations"]),
    ({"generations": None}, ["generations"]),
    ({"generations": {}}, ["generations"]),
    ({"generations": "[]"}, ["generations"]),
    ({"source": "", "generations": []}, ["source", "generations"]),
]


@pytest.mark.parametrize(("fields", "named"), WRONG, ids=str)
def test_the_fields_at_fault_are_named(
    calling: Gateway, secret: KeySecret, fields: dict[str, Any], named: list[str]
) -> None:
    response = calling.post("generations", {"source": "gw", "generations": [generation(secret)], **fields})
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == named
    assert stored() == (0, 0)


@pytest.mark.parametrize("missing", ["source", "generations"])
def test_a_missing_field_is_named(calling: Gateway, secret: KeySecret, missing: str) -> None:
    batch = {"source": "gw", "generations": [generation(secret)]}
    del batch[missing]
    response = calling.post("generations", batch)
    assert [error["field"] for error in response.json()["errors"]] == [missing]


BODIES = {
    "empty": b"",
    "no JSON": b"generations",
    "a list": b"[]",
    "half": b'{"source": "gw", "generations": [{}',
    "not UTF-8": b'{"source": "\xff"}',
    "NaN": b'{"source": "gw", "generations": [NaN]}',
    "nested deeply": b'{"source": "gw", "generations": [' + b"[" * 9_000 + b"]" * 9_000 + b"]}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_batch_is_a_400(calling: Gateway, body: bytes) -> None:
    response = calling.post("generations", body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert stored() == (0, 0)


@pytest.mark.parametrize("depth", [50, 300, 900, 1_000, 1_020])
def test_an_item_nested_less_deeply_is_judged_or_refused_but_never_a_500(calling: Gateway, depth: int) -> None:
    body = b'{"source": "gw", "generations": [{"stages": ' + b"[" * depth + b"]" * depth + b"}]}"
    assert calling.post("generations", body).status_code in (200, 400)


def test_a_batch_of_more_than_a_thousand_is_a_413(calling: Gateway, secret: KeySecret) -> None:
    response = calling.post("generations", {"source": "gw", "generations": [{}] * 1_001})
    assert response.status_code == 413
    assert stored() == (0, 0)


anything = st.none() | st.booleans() | st.integers() | st.text(max_size=66) | st.just("s" * 65)
lists = st.lists(st.none() | st.just({}), max_size=3)


@settings(max_examples=300, deadline=None)
@given(body=st.dictionaries(st.sampled_from(["source", "generations", "other"]), anything | lists, max_size=3))
def test_the_serializer_and_the_struct_accept_the_same(body: dict[str, Any]) -> None:
    try:
        convert(body, Report)
        read = True
    except ValidationError:
        read = False
    assert GenerationsRequestSerializer(data=body).is_valid() == read, body
