"""Key rings: several secrets under one name, of which the first one signs and seals and all are accepted."""

import base64
import binascii
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

KEY_BYTES = 32
SECRET_CHARACTERS = 50
SECRET_VARIETY = 5


class RingError(Exception):
    """A ring is missing, too short, repeated or not what it should be; the message names it."""


def secret_ring(name: str, text: str) -> tuple[str, ...]:
    """The comma-separated secrets of at least 50 characters each, the first one first."""
    ring = _split(name, text)
    for secret in ring:
        if len(secret) < SECRET_CHARACTERS or len(set(secret)) < SECRET_VARIETY:
            raise RingError(f"{name}: each secret needs at least {SECRET_CHARACTERS} random characters.")
    return ring


def key_ring(name: str, text: str) -> tuple[bytes, ...]:
    """The comma-separated keys of 32 bytes each, written in base64, the first one first."""
    return tuple(_key(name, part) for part in _split(name, text))


def refuse_shared(rings: dict[str, Iterable[str | bytes]]) -> None:
    """Raise RingError where one secret stands in two rings, named by their variables."""
    owners: dict[str | bytes, str] = {}
    for name, ring in rings.items():
        for secret in ring:
            if secret in owners:
                raise RingError(f"{name} repeats a secret of {owners[secret]}: each ring needs its own.")
            owners[secret] = name


def kept(folder: Path, name: str, *, size: int = KEY_BYTES) -> str:
    """The secret that the embedded mode made for itself at its first call: base64, readable by its owner alone."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(path, base64.b64encode(secrets.token_bytes(size)).decode())
    return path.read_text().strip()


def _write_once(path: Path, text: str) -> None:
    # Linked into place whole: of two processes that start together, one wins and both read the same.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _split(name: str, text: str) -> tuple[str, ...]:
    ring = tuple(part.strip() for part in text.split(",") if part.strip())
    if not ring:
        raise RingError(f"{name} is not set: it has no default outside the embedded mode.")
    if len(set(ring)) != len(ring):
        raise RingError(f"{name} repeats one of its secrets.")
    return ring


def _key(name: str, part: str) -> bytes:
    try:
        key = base64.b64decode(part, altchars=b"-_" if {"-", "_"} & set(part) else None, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RingError(f"{name}: each key is {KEY_BYTES} bytes in base64.") from error
    if len(key) != KEY_BYTES:
        raise RingError(f"{name}: each key needs {KEY_BYTES} bytes, this one has {len(key)}.")
    if len(set(key)) < SECRET_VARIETY:
        raise RingError(f"{name}: each key needs {KEY_BYTES} random bytes.")
    return key
