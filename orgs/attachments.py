"""Files that go with a mail. The outbox only names one; it is made when the mail is sent, of what never changes."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file as a mail carries it."""

    name: str
    content: bytes
    media_type: str


Maker = Callable[[str], File]
_makers: dict[str, Maker] = {}


def register(kind: str, make: Maker) -> None:
    """Let `make` answer for names such as `<kind>/<id>`; it gets the id. Called by an AppConfig."""
    _makers[kind] = make


def named(name: str) -> File:
    """Make the file; LookupError for what nobody answers for, or what is not there."""
    kind, _, id = name.partition("/")
    return _makers[kind](id)
