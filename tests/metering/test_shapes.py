"""What is recognised at once is what the checks field by field would find good: in all else nobody asks it."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from metering import items
from metering.items import Refused
from metering.shapes import Item

USUAL: dict[str, Any] = {
    "generation_id": "01935a2b-7c3d-7e4f-8a5b-0123456789ab",
    "organization": "org_fN8FpuY7qFij12",
    "key": "fN8FpuY7qFij",
    "api_version": "v2",
    "outcome": "succeeded",
    "units": 2,
    "occurred_at": "2026-11-21T08:15:02.113Z",
    "duration_ms": 8_400,
    "resolution": "2K",
    "aspect_ratio": "16:9",
    "request_id": "req_1",
    "idempotency_key": "shot 12",
    "lease": "eyJ.abc",
    "service_tier": "shared",
    "failure_cause": None,
    "stages": {"anchor": 900, "render": None},
}
EDGES: list[Any] = [0, 1, -1, 1_001, 2**31 - 1, 2**31, 2**70, 2.0, 2.5, True, False, None, [], {}, [[]], "", " ", "V2"]
TEXTS = [
    *("x" * length for length in (16, 17, 64, 65, 128, 129, 255, 256, 4_096, 4_097)),
    *("é" * 16, "tab\t", "null\x00", "delete\x7f", "half\ud800", "turned\u202e", "space\u00a0", "line\u2028"),
    *("v1", "v2", "succeeded", "failed", "dedicated", "shared", "overage", "pilot", "sandbox", "own"),
    *("engine", "timeout", "content", "client", "2026-11-21t08:15:02z", "2026-02-30T08:15:02Z", "2026-11-21T08:15:60Z"),
    *("2026-11-21T08:15:02+24:00", "2026-11-21 08:15:02Z", "2026-11-21T08:15:02.1234567Z", "2026-11-21T08:15:02"),
]
STAGES = [{"anchor": 2**31}, {"anchor": 1.0}, {"anchor": True}, {"other": 1}, {"other": [[]]}, {"render": "1"}]
VALUES = st.sampled_from([*EDGES, *TEXTS, *STAGES]) | st.text(max_size=20) | st.integers()
CHANGES = st.dictionaries(st.sampled_from([*USUAL, "further"]), VALUES, max_size=3)
LEFT_OUT = st.sets(st.sampled_from(list(USUAL)), max_size=2)


def _said(raw: Any) -> Item | list[str]:
    return items.usual([raw])[0] or _said_field_by_field(raw)


def _said_field_by_field(raw: Any) -> Item | list[str]:
    try:
        return items.read(raw)
    except Refused as refused:
        return refused.fields


def test_a_usual_item_is_recognised() -> None:
    assert items.usual([USUAL]) == [items.read(USUAL)]
    assert items.usual([USUAL | dict.fromkeys(("duration_ms", "lease", "stages", "service_tier"))])[0]


def test_beside_others_an_item_is_read_as_by_itself() -> None:
    other = USUAL | {"units": 3}
    unusual = [USUAL | {"further": 1}, USUAL | {"key": "é"}, USUAL | {"request_id": "half\ud800"}, None]
    assert items.usual([USUAL, other]) == [items.read(USUAL), items.read(other)]
    for raw in unusual:
        assert items.usual([USUAL, raw, other]) == [items.read(USUAL), None, items.read(other)]


@settings(max_examples=400, deadline=None)
@given(CHANGES, LEFT_OUT)
def test_the_answer_is_the_same_as_field_by_field(changes: dict[str, Any], left_out: set[str]) -> None:
    raw = {name: value for name, value in (USUAL | changes).items() if name not in left_out}
    assert _said(raw) == _said_field_by_field(raw)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([*EDGES, *TEXTS, [USUAL], [[USUAL]]]))
def test_what_is_no_item_is_refused_the_same(raw: Any) -> None:
    assert _said(raw) == _said_field_by_field(raw)


def test_each_edge_of_each_field_has_the_same_answer() -> None:
    for name in USUAL:
        for value in [*EDGES, *TEXTS, *STAGES]:
            raw = USUAL | {name: value}
            assert _said(raw) == _said_field_by_field(raw), raw


def test_the_deepest_nesting_is_told_field_by_field() -> None:
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    for raw in (USUAL | {"stages": deep}, USUAL | {"further": deep}, deep):
        assert items.usual([raw]) == [None]
        assert _said(raw) == _said_field_by_field(raw)
