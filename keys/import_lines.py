"""The file that `import_keys` reads: CSV with a head, or JSON lines. Pure; nothing that stands in it is ever repeated.

It names credentials by their SHA-256, but a file made by mistake may hold the credentials themselves.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, TextIO

import msgspec
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audit import wording
from keys import secrets

REQUIRED = ("sha256", "organization", "name", "environment", "api_versions", "prefix")
OPTIONAL = ("expires_at", "purpose")
NEVER = "never"
LONGEST_LINE = 16_384
# A prefix is kept as it is. A longer one ends where a word ends, so that no part of a secret passes for one.
PREFIX = re.compile(r"[!-~]{3,8}|[!-~]{2,31}[_\-.:/]")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class BadFile(Exception):
    """The file as a whole cannot be read; the text says why."""


class Line(msgspec.Struct, frozen=True):
    """One credential of the file. `expires_at`: a time, None for never, "" for the plan's default."""

    digest: bytes
    organization: str
    name: str
    environment: str
    api_versions: tuple[str, ...]
    expires_at: datetime | str | None
    prefix: str
    purpose: str


class BadLine(msgspec.Struct, frozen=True):
    """What is wrong with a line, field by field."""

    problems: Mapping[str, str]


def read(lines: Iterable[str]) -> Iterator[tuple[int, Line | BadLine]]:
    """Yield what stands in each line with its number, from 1; empty lines are left out. Raises BadFile."""
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise BadFile("The file is empty.")
    is_json = first[1].lstrip().startswith("{")
    read_one = _json if is_json else _csv(first[1])
    for number, line in chain([first] if is_json else [], numbered):
        too_long = len(line) > LONGEST_LINE
        yield number, BadLine({"": "The line is too long."}) if too_long else _checked(read_one(line))


def bounded(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file; one that is too long is cut a character later, however long it is."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
            line = file.readline(LONGEST_LINE + 1)


def _json(line: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _csv(head: str) -> Callable[[str], Mapping[str, Any] | None]:
    if len(head) > LONGEST_LINE:
        raise BadFile("The first line is too long.")
    try:
        names = [name.strip() for name in next(csv.reader([head]))]
    except csv.Error:
        raise BadFile("The first line cannot be read.") from None
    missing = [name for name in REQUIRED if name not in names]
    if missing or len(set(names)) < len(names) or set(names) - {*REQUIRED, *OPTIONAL}:
        wanted = ", ".join(REQUIRED)
        raise BadFile(f"The first line must name the columns: {wanted}, and {' and '.join(OPTIONAL)} if wanted.")

    def read_one(line: str) -> Mapping[str, Any] | None:
        try:
            (cells,) = csv.reader([line], strict=True)
        except (csv.Error, ValueError):
            return None
        return dict(zip(names, map(str.strip, cells), strict=True)) if len(cells) == len(names) else None

    return read_one


def _checked(found: Mapping[str, Any] | None) -> Line | BadLine:
    if found is None:
        return BadLine({"": "The line cannot be read."})
    checked: dict[str, Any] = {name: check(found.get(name)) for name, check in _CHECKS.items()}
    problems = {name: str(value) for name, value in checked.items() if isinstance(value, ValueError)}
    return BadLine(problems) if problems else Line(digest=checked.pop("sha256"), **checked)


def _digest(value: Any) -> bytes | ValueError:
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return bytes.fromhex(value)
    return ValueError("64 hex digits are wanted.")


def _text(value: Any) -> str | ValueError:
    if not isinstance(value, str) or not value.strip():
        return ValueError("This is missing.")
    return ValueError("Control characters are not allowed.") if any(map(wording.is_unfit, value)) else value.strip()


def _optional(value: Any) -> str | ValueError:
    return value or "" if value is None or isinstance(value, str) else ValueError("Text is wanted.")


def _environment(value: Any) -> str | ValueError:
    return value if value in ("live", "test") else ValueError("live or test is wanted.")


def _versions(value: Any) -> tuple[str, ...] | ValueError:
    found = re.split(r"[\s,;+]+", value.strip()) if isinstance(value, str) else value
    if isinstance(found, list) and found and all(isinstance(one, str) and one for one in found):
        return tuple(sorted(set(found)))
    return ValueError("v1, v2 or both are wanted.")


def _expiry(value: Any) -> datetime | str | ValueError | None:
    if value in (None, "", NEVER):
        return None if value == NEVER else ""
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None:
        return ValueError("A time such as 2027-01-31T00:00:00Z is wanted, “never”, or nothing for the plan's default.")
    return at if timezone.is_aware(at) else at.replace(tzinfo=timezone.get_default_timezone())


def _prefix(value: Any) -> str | ValueError:
    if not isinstance(value, str) or not PREFIX.fullmatch(value):
        return ValueError("What the credential begins with: 3 to 8 characters, or up to 32 that end with _ - . : or /.")
    if any(value.startswith(ours) or ours.startswith(value) for ours in secrets.PREFIXES.values()):
        return ValueError("Our own credentials begin so.")
    return value


_CHECKS = {
    "sha256": _digest,
    "organization": _text,
    "name": _text,
    "environment": _environment,
    "api_versions": _versions,
    "expires_at": _expiry,
    "prefix": _prefix,
    "purpose": _optional,
}
