"""What a one-time link carries, and how the secret behind it is sealed. Pure: no database, no clock.

`/d/<id>#<token>`: browsers do not send what stands behind the #, so the token reaches us in the POST that reveals, and
until then exists in the link alone. What is kept opens with the token, and nothing that is kept gives the token away.
"""

import hmac
import os
import re
from dataclasses import dataclass
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from orgs import identifiers

# 43 base62 digits hold 256 bits, and a double click selects all of them.
TOKEN_LENGTH = 43
SALT_LENGTH, NONCE_LENGTH, KEY_LENGTH = 32, 12, 32
LONGEST_PASTED = 500
LIFETIMES: dict[str, timedelta] = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "72h": timedelta(hours=72)}
LABELS = {"1h": "1 hour", "24h": "24 hours", "72h": "72 hours"}
LONGEST = timedelta(hours=72)

_TOKEN = re.compile(rf"[0-9A-Za-z]{{{TOKEN_LENGTH}}}", re.ASCII)
_UID = re.compile(rf"dlv_[0-9A-Za-z]{{{identifiers.LENGTH}}}", re.ASCII)
_ID = re.compile(r"/d/([^/?#\s]+)/?$")
# What mail programs and people leave around a link.
_AROUND = " \t\r\n<>()[]\"'.,;"
_SEALS, _KNOWS = b"axis one-time link: seals", b"axis one-time link: known again"


@dataclass(frozen=True)
class Sealed:
    """A secret that was put behind a link. The token is shown once and stored nowhere; the rest is the row's."""

    token: str
    salt: bytes
    ciphertext: bytes
    verifier: bytes

    def __repr__(self) -> str:
        return "<Sealed>"


def seal(text: str, *, uid: str) -> Sealed:
    """Encrypt the secret under a key that a new token alone gives, bound to the id of its link."""
    token, salt, nonce = (
        identifiers.random_base62(TOKEN_LENGTH),
        os.urandom(SALT_LENGTH),
        os.urandom(NONCE_LENGTH),
    )
    cipher = AESGCM(_derive(token, salt=salt, purpose=_SEALS))
    return Sealed(token, salt, nonce + cipher.encrypt(nonce, text.encode(), uid.encode()), verifier(token, uid=uid))


def unseal(ciphertext: bytes, *, salt: bytes, token: str, uid: str) -> str | None:
    """Return the secret; None where the token is not the link's, or the row was tampered with."""
    cipher = AESGCM(_derive(token, salt=salt, purpose=_SEALS))
    try:
        return cipher.decrypt(ciphertext[:NONCE_LENGTH], ciphertext[NONCE_LENGTH:], uid.encode()).decode()
    except InvalidTag:
        return None


def verifier(token: str, *, uid: str) -> bytes:
    """Return what the token is known by once the ciphertext is gone; it opens nothing and leads back to no token."""
    return _derive(token, salt=uid.encode(), purpose=_KNOWS)


def nobodys_verifier() -> bytes:
    """Return one that no token leads to, for a link that nobody is given."""
    return os.urandom(KEY_LENGTH)


def knows(kept: bytes, *, token: str, uid: str) -> bool:
    """Say whether the token is the one that the link was made with."""
    return hmac.compare_digest(kept, verifier(token, uid=uid))


def is_uid(text: str) -> bool:
    """Say whether a link can have this id, before anybody is asked whether one has."""
    return _UID.fullmatch(text) is not None


def token_in(pasted: str, *, uid: str) -> str | None:
    """Read the token from itself or from the whole link; None where it is neither, or the link of another id."""
    text = pasted.strip(_AROUND)
    if len(text) > LONGEST_PASTED:
        return None
    address, mark, token = text.rpartition("#")
    named = _ID.search(address)
    if mark and named and named[1] != uid:
        return None
    return token if _TOKEN.fullmatch(token) else None


def link(base: str, *, uid: str, token: str) -> str:
    """Write the link as it is handed over; `base` is the customers' address without a slash at its end."""
    return f"{base}/d/{uid}#{token}"


def _derive(token: str, *, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_LENGTH, salt=salt, info=purpose).derive(token.encode())
