"""The usual item of a batch, recognised at once. What is not like this is looked at field by field. Pure."""

from typing import Annotated, Any, Literal

import msgspec

_Duration = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Text16 = Annotated[str, msgspec.Meta(max_length=16)]
_Text64 = Annotated[str, msgspec.Meta(max_length=64)]
_Text128 = Annotated[str, msgspec.Meta(max_length=128)]
_Text255 = Annotated[str, msgspec.Meta(max_length=255)]
_Text4096 = Annotated[str, msgspec.Meta(max_length=4096)]


class _Stages(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    anchor: _Duration | None = None
    interpretation: _Duration | None = None
    render: _Duration | None = None


class _Item(msgspec.Struct, gc=False, forbid_unknown_fields=True):
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
    stages: _Stages | None = None


def is_usual(raw: Any) -> bool:
    """Say whether all fields but the time are good, and all texts plain; False says nothing of what is wrong."""
    try:
        item = msgspec.convert(raw, _Item)
    # Half of a surrogate pair is no text to compare with.
    except (msgspec.ValidationError, UnicodeError, RecursionError):
        return False
    texts = (
        item.generation_id,
        item.organization,
        item.key,
        item.resolution or "",
        item.aspect_ratio or "",
        item.request_id or "",
        item.idempotency_key or "",
        item.lease or "",
    )
    together = "".join(texts)
    return together.isascii() and together.isprintable()
