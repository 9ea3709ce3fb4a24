"""What a look-up answers: each thing that was found, and what to do about it. Nothing of the text is among it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from keys.mentions import Mentions
from keys.secrets import Parsed
from orgs.requests import StaffRequest


@dataclass(frozen=True)
class Act:
    """A next step. `of` says for readers what it acts on."""

    label: str
    href: str
    kind: str = "small"
    in_dialog: bool = False


@dataclass(frozen=True)
class Find:
    """One thing: what it is, a fact or two, its page, and the next step."""

    icon: str
    title: str
    note: str
    href: str = ""
    tone: str = ""
    acts: Sequence[Act] = ()


@dataclass(frozen=True, repr=False)
class Asked:
    """A look-up: who asks, and what the text mentions. `imported` may be credentials that were made elsewhere.

    `line` is the text itself where it is one short line.
    """

    request: StaffRequest
    mentions: Mentions
    at: datetime
    imported: Sequence[Parsed] = ()
    line: str = ""
    # The key prefixes of the secrets that were told of as matching.
    matched: set[str] = field(default_factory=set)
    # How far what has no index was searched, in sentences.
    searched: list[str] = field(default_factory=list)


Finder = Callable[[Asked], Sequence[Find]]


def address_of(name: str, *arguments: object) -> str:
    """Return the address of a page; empty on a surface that does not have it."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
