"""The items of a batch as the contract has them, all read at once. What is not usual is looked at by itself. Pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

_Duration = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Text16 = Annotated[str, msgspec.Meta(max_length=16)]
_Text64 = Annotated[str, msgspec.Meta(max_length=64)]
_Text128 = Annotated[str, msgspec.Meta(max_length=128)]
_Text255 = Annotated[str, msgspec.Meta(max_length=255)]
_Text4096 = Annotated[str, msgspec.Meta(max_length=4096)]


class Stages(msgspec.Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """How many milliseconds each stage of a generation took."""

    anchor: _Duration | None = None
    interpretation: _Duration | None = None
    render: _Duration | None = None


class Item(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """As the contract has it, and nothing else in it: so it nests no deeper than its stages."""

    generation_id: _Text64
    organization: _Text128
    key: _Text128
    api_version: Literal["v1", "v2"]
    outcome: Literal["succeeded", "failed"]
    units: int
    occurred_at: str
    duration_ms: _Duration | None = None
    resolution: _Text16 | None = None
    aspect_ratio: _Text16 | None = None
    request_id: _Text128 | None = None
    idempotency_key: _Text255 | None = None
    lease: _Text4096 | None = None
    service_tier: Literal["dedicated", "shared", "overage", "pilot", "sandbox"] | None = None
    failure_cause: Literal["engine", "timeout", "content", "client"] | None = None
    stages: Stages | None = None


def usual(raws: Sequence[Any]) -> Sequence[Item | None]:
    """Read what is usual: all fields but the time are good, and all texts plain. None says nothing of what is wrong."""
    try:
        read = msgspec.convert(raws, list[Item])
        if _are_plain(read):
            return read
    # Half of a surrogate pair is no text to compare with.
    except (msgspec.ValidationError, UnicodeError, RecursionError):
        pass
    return [None] if len(raws) == 1 else [usual([raw])[0] for raw in raws]


def of(raw: Mapping[str, Any]) -> Item:
    """Read an item whose fields are good, whatever else is in it."""
    said: dict[str, Any] = {name: raw.get(name) for name in Item.__struct_fields__}
    if said["stages"] is not None:
        said["stages"] = Stages(**{name: said["stages"].get(name) for name in Stages.__struct_fields__})
    return Item(**said)


def _are_plain(items: Sequence[Item]) -> bool:
    together = "".join([text for item in items for text in _texts(item)])
    return together.isascii() and together.isprintable()


def _texts(item: Item) -> Sequence[str]:
    return (
        item.generation_id,
        item.organization,
        item.key,
        item.resolution or "",
        item.aspect_ratio or "",
        item.request_id or "",
        item.idempotency_key or "",
        item.lease or "",
    )
