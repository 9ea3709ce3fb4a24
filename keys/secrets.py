"""The credential's format, and how its digest is sealed. Pure: no database, no clock.

axk_<live|test>_<12 base62 public id>_<32 base62 secret><6 base62 crc32 of everything before it>
axg_<12 base62 public id>_<32 base62 secret><6 base62 crc32 of everything before it>

An imported credential was made elsewhere: all that is known of it is what it begins with, and its SHA-256.
"""

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from orgs import identifiers

MadeHere = Literal["live", "test", "gateway"]
Kind = Literal["live", "test", "gateway", "imported"]

PUBLIC_ID_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 12, 32, 6
PREFIXES: dict[MadeHere, str] = {
    "live": "axk_live_",
    "test": "axk_test_",
    "gateway": "axg_",
}
_KINDS: dict[str, MadeHere] = {prefix: kind for kind, prefix in PREFIXES.items()}
_FORMAT = re.compile(
    r"(?P<prefix>axk_live_|axk_test_|axg_)(?P<public_id>[0-9A-Za-z]{12})_[0-9A-Za-z]{38}",
    re.ASCII,
)
LONGEST_IMPORTED = 512
_VISIBLE = re.compile(r"[!-~]+")
# As many base62 digits as any SHA-256 needs.
_DIGEST_LENGTH = 43
_NONCE_LENGTH = 12
# A key's number is made of the key itself, so that it stays the same whatever stands before or after it in the ring.
# Lower ones counted the place from the ring's end.
LOWEST_NUMBER, _NUMBERS = 100, 32_000


@dataclass(frozen=True)
class Credential:
    """A freshly made credential. `text` is the secret itself: shown once, stored nowhere."""

    text: str
    public_id: str
    last_four: str
    digest: bytes

    def __repr__(self) -> str:
        return f"<Credential {self.public_id}>"


@dataclass(frozen=True)
class Parsed:
    """What a well-formed credential says of itself before anybody is asked."""

    kind: Kind
    public_id: str
    digest: bytes


class UnsealError(Exception):
    """A sealed digest that no key of the ring opens, or that was moved from another row."""


def make_credential(kind: MadeHere) -> Credential:
    """Make a credential with 190 random bits."""
    public_id = identifiers.random_base62(PUBLIC_ID_LENGTH)
    body = f"{PREFIXES[kind]}{public_id}_{identifiers.random_base62(SECRET_LENGTH)}"
    text = body + checksum(body)
    return Credential(text, public_id, text[-4:], digest(text))


def checksum(body: str) -> str:
    """Return the CRC-32 of everything before it, as six base62 digits."""
    return identifiers.encode(zlib.crc32(body.encode()), CHECKSUM_LENGTH)


def parse(text: str) -> Parsed | None:
    """Read a credential; None where it is not of our format or its checksum is wrong."""
    match = _FORMAT.fullmatch(text)
    if match is None or checksum(text[:-CHECKSUM_LENGTH]) != text[-CHECKSUM_LENGTH:]:
        return None
    return Parsed(_KINDS[match["prefix"]], match["public_id"], digest(text))


def parse_imported(text: str, prefixes: Iterable[str]) -> Parsed | None:
    """Read a credential that was made elsewhere; None where it begins like no imported one, or nothing like one."""
    if len(text) > LONGEST_IMPORTED or not text.startswith(tuple(prefixes)) or not _VISIBLE.fullmatch(text):
        return None
    found = digest(text)
    return Parsed("imported", imported_public_id(found), found)


def imported_public_id(digest: bytes) -> str:
    """Return by what an imported credential is found: the first twelve base62 digits of its SHA-256."""
    return identifiers.encode(int.from_bytes(digest, "big"), _DIGEST_LENGTH)[:PUBLIC_ID_LENGTH]


def digest(text: str) -> bytes:
    """Return the SHA-256 of the whole credential, which is all that is ever kept of it."""
    return hashlib.sha256(text.encode()).digest()


@cache
def _cipher(key: bytes) -> AESGCM:
    # Setting a cipher up costs more than opening a digest, and a ring holds a handful of keys.
    return AESGCM(key)


def seal(value: bytes, *, public_id: str, ring: Sequence[bytes]) -> tuple[int, bytes]:
    """Encrypt a digest under the ring's first key, bound to its public id; returns its number and the sealed bytes."""
    nonce = os.urandom(_NONCE_LENGTH)
    return key_number(ring[0]), nonce + _cipher(ring[0]).encrypt(nonce, value, public_id.encode())


def unseal(sealed: bytes, *, ring_id: int, public_id: str, ring: Sequence[bytes]) -> bytes:
    """Return the digest that was sealed; raises UnsealError where the key is gone or the row was tampered with."""
    keys = ring if ring_id < LOWEST_NUMBER else [key for key in ring if key_number(key) == ring_id]
    if not keys:
        raise UnsealError(f"field key {ring_id} is not in the ring")
    for key in keys:
        with suppress(InvalidTag):
            return _cipher(key).decrypt(sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:], public_id.encode())
    raise UnsealError(f"the digest of {public_id} does not open")


@cache
def key_number(key: bytes) -> int:
    """Return the number under which a key of the ring stands beside what it sealed."""
    return LOWEST_NUMBER + int.from_bytes(hashlib.sha256(b"axis field key" + key).digest()[:8], "big") % _NUMBERS
