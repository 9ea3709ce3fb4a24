"""What the gateway sent, read into what it asks: quickly where it is right, and field by field where it is not."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from rest_framework.serializers import Serializer

from audit import wording
from axis_admin.gateway import problems, wire
from axis_admin.gateway.serializers import validate
from axis_admin.gateway.serializers.generations import LONGEST_SOURCE
from keys import asks

Body = TypeVar("Body", bound=msgspec.Struct)


class FromSource(msgspec.Struct, frozen=True):
    """A body that says where it comes from: a process of the gateway, or a scanner."""

    source: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_SOURCE, pattern=asks.NAME)]

    def __post_init__(self) -> None:
        if wording.holds_credential(self.source):
            raise ValueError("a credential is no name")


NOT_AS_IT_SHOULD_BE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# Raises one of NOT_AS_IT_SHOULD_BE; whoever wants to know what is wrong asks `ask`.
ask_at_once = msgspec.json.Decoder(asks.Ask).decode


def ask(body: bytes) -> asks.Ask:
    """Return a validate call. Raises Problem, which names every field at fault."""
    try:
        return ask_at_once(body)
    except NOT_AS_IT_SHOULD_BE:
        return converted(wire.loads(body), asks.Ask, validate.ValidateRequestSerializer)


def converted(read: Any, kind: type[Body], serializer: type[Serializer]) -> Body:
    """Return what was read as the struct; names every field at fault, where the struct stops at the first."""
    if not isinstance(read, dict):
        raise problems.invalid([("", "The body must be a JSON object.")])
    # Unknown fields are ignored, also those whose names are no text.
    known = {name: read[name] for name in kind.__struct_fields__ if name in read}
    try:
        return msgspec.convert(known, kind)
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError) as error:
        faults = _faults(serializer(data=known)) or [("", "The body is not what the contract says.")]
        raise problems.invalid(faults) from error


def checked(read: Any, serializer: type[Serializer]) -> dict[str, Any]:
    """Return what the serializer makes of it, for bodies that are in no hurry; names every field at fault."""
    if not isinstance(read, dict):
        raise problems.invalid([("", "The body must be a JSON object.")])
    asked = serializer(data={name: read[name] for name in serializer().fields if name in read})
    if faults := _faults(asked):
        raise problems.invalid(faults)
    return dict(asked.validated_data)


def _faults(checked: Serializer) -> Sequence[tuple[str, str]]:
    try:
        checked.is_valid()
        return list(_flat(checked.errors))
    except RecursionError:
        return [("", "The body is nested too deeply.")]


def _flat(errors: Any, path: str = "") -> Sequence[tuple[str, str]]:
    if isinstance(errors, dict):
        return [found for name, inner in errors.items() for found in _flat(inner, f"{path}.{name}" if path else name)]
    return [(path, str(one)) for one in errors]
