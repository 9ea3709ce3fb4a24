"""A ZIP archive written from front to back, that another process can go on with at any point. Pure.

Parts are deflated in pieces that do not refer to each other, so that all there is to know between two of them fits
into a few numbers; `zipfile` keeps a compressor that cannot be written down.
"""

import struct
import zlib
from typing import Any

_LOCAL = struct.Struct("<4s5H3I2H")
_AFTER = struct.Struct("<4s3I")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION = 20
# Sizes follow the part; names are UTF-8.
_FLAGS = 0x0808
_DEFLATED = 8
# 1 January 1980, the first day there is: the same rows are the same bytes.
_DATE = 0x21
_MOST = 2**32 - 1
_LAST_BLOCK = b"\x03\x00"


class TooLarge(Exception):
    """The archive would be larger than 4 GiB, beyond which not every program reads it."""


class Archive:
    """The archive so far. `state` is plain data: hand it to another one to go on."""

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self.state: dict[str, Any] = state or {"at": 0, "parts": [], "open": None}

    def open(self, name: str) -> bytes:
        """Begin a part and return the bytes in front of it."""
        self.state["open"] = {"name": name, "at": self.state["at"], "crc": 0, "packed": 0, "size": 0}
        return self._on(_LOCAL.pack(b"PK\3\4", _VERSION, _FLAGS, _DEFLATED, 0, _DATE, 0, 0, 0, *_name(name)), name)

    def write(self, data: bytes) -> bytes:
        """Add to the part and return the packed bytes."""
        if not data:
            return b""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
        part = self.state["open"]
        part["crc"] = zlib.crc32(data, part["crc"])
        part["size"] += len(data)
        part["packed"] += len(packed)
        return self._on(packed)

    def close(self) -> bytes:
        """End the part and return the bytes behind it."""
        part = self.state["open"]
        part["packed"] += len(_LAST_BLOCK)
        _check(part["packed"], part["size"])
        self.state["parts"].append(part)
        self.state["open"] = None
        return self._on(_LAST_BLOCK + _AFTER.pack(b"PK\7\10", part["crc"], part["packed"], part["size"]))

    def part(self, name: str, data: bytes) -> bytes:
        """Return a whole part."""
        return self.open(name) + self.write(data) + self.close()

    def end(self) -> bytes:
        """Return the archive's directory, which ends it."""
        parts = self.state["parts"]
        listed = b"".join(map(_listed, parts))
        return listed + _END.pack(b"PK\5\6", 0, 0, len(parts), len(parts), len(listed), self.state["at"], 0)

    def _on(self, data: bytes, name: str = "") -> bytes:
        data += name.encode()
        self.state["at"] += len(data)
        _check(self.state["at"])
        return data


def _listed(part: dict[str, Any]) -> bytes:
    sizes = part["crc"], part["packed"], part["size"]
    versions = _VERSION, _VERSION, _FLAGS, _DEFLATED, 0, _DATE
    return (
        _CENTRAL.pack(b"PK\1\2", *versions, *sizes, *_name(part["name"]), 0, 0, 0, 0, part["at"])
        + part["name"].encode()
    )


def _name(name: str) -> tuple[int, int]:
    return len(name.encode()), 0


def _check(*sizes: int) -> None:
    if max(sizes) > _MOST:
        raise TooLarge
