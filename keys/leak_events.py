"""Which events of a key belong to the leak of one of its secrets. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from keys.models import LeakReport

LEAK = "leak"


class Event(Protocol):
    """What is asked of an event of the trail."""

    @property
    def further(self) -> Sequence[Mapping[str, str]]: ...

    @property
    def changes(self) -> Mapping[str, Sequence[Any]]: ...

    @property
    def detail(self) -> Mapping[str, Any]: ...


def is_about(leak: LeakReport, event: Event) -> bool:
    """Say whether an event of what the secret belongs to is about this leak: not about another one of the same key.

    What is done to the whole key is about each of its secrets; what names secrets is about those that it names.
    """
    leaks = [one["id"] for one in event.further if one["type"] == LEAK]
    if leaks:
        return leak.uid in leaks
    ids = list(_public_ids(event))
    return not ids or leak.leaked.public_id in ids


def prefix(leak: LeakReport, event: Event) -> str:
    """Return the prefix of the leaked secret where the event names it; an event of the whole key names none."""
    return str(leak.leaked) if leak.leaked.public_id in _public_ids(event) else ""


def _public_ids(event: Event) -> Iterator[str]:
    values: list[Any] = [event.detail.get("public_id"), *event.changes.get("public_id", [])]
    return (one for one in values if isinstance(one, str) and one)
