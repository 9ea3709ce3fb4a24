import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import canonical

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def test_it_writes_what_rfc_8785_shows() -> None:
    strings = '\u20ac$\u000f\nA\'B"\\\\"/'
    assert canonical.encode({"string": strings, "literals": [None, True, False]}) == (
        b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_sort_by_utf_16_code_units() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    assert list(json.loads(canonical.encode(dict.fromkeys(keys)))) == [
        "\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33",
    ]  # fmt: skip


@given(VALUES)
def test_any_json_reader_reads_the_same_value(value: Any) -> None:
    assert json.loads(canonical.encode(value)) == value


@given(st.dictionaries(TEXT, INTEGERS))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical.encode(value) == canonical.encode(dict(reversed(value.items())))


@pytest.mark.parametrize("value", [1.5, float("nan"), b"bytes", {1: "one"}, {"deep": [object()]}, {"a", "b"}])
def test_what_has_no_single_spelling_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical.encode(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800"])
def test_what_a_reader_would_change_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"survive|surrogates"):
        canonical.encode(value)
