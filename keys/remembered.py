"""What a process remembers of credentials, by the SHA-256 of each: bounded, and dropped by organization. Pure."""

import threading
from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

Found = TypeVar("Found")


class Entry(msgspec.Struct, Generic[Found], eq=False):
    """Something found, and the token of its organization that was read before it was."""

    found: Found
    token: str = ""
    organization: int = 0
    is_used: bool = False


class Memory(Generic[Found]):
    """At most so many entries; where it is full, those go that nobody asked for since the last time around."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._entries: dict[bytes, Entry[Found]] = {}
        self._of: dict[int, set[bytes]] = {}
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def age(self) -> int:
        """How often something was forgotten: to be read before that is read which is to be kept."""
        return self._forgotten

    def get(self, digest: bytes) -> Entry[Found] | None:
        entry = self._entries.get(digest)
        if entry is not None:
            entry.is_used = True
        return entry

    def keep(self, digest: bytes, entry: Entry[Found], *, age: int) -> None:
        """Remember it, unless something was forgotten while it was being read: that may have been it."""
        with self._lock:
            if age != self._forgotten:
                return
            self._drop(digest)
            while len(self._entries) >= self._most:
                self._make_room()
            self._entries[digest] = entry
            self._of.setdefault(entry.organization, set()).add(digest)

    def forget(self, organizations: Iterable[int]) -> None:
        with self._lock:
            self._forgotten += 1
            for organization in organizations:
                for digest in tuple(self._of.get(organization, ())):
                    self._drop(digest)

    def forget_all(self) -> None:
        with self._lock:
            self._forgotten += 1
            self._entries, self._of = {}, {}

    def _make_room(self) -> None:
        """Take the oldest away, or let it go around once more where it was asked for."""
        digest, entry = next(iter(self._entries.items()))
        if entry.is_used:
            entry.is_used = False
            self._entries[digest] = self._entries.pop(digest)
        else:
            self._drop(digest)

    def _drop(self, digest: bytes) -> None:
        entry = self._entries.pop(digest, None)
        if entry is None:
            return
        others = self._of[entry.organization]
        others.discard(digest)
        if not others:
            del self._of[entry.organization]
