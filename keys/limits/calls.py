"""What one call hands to the limiter's script: what is the same in many calls is packed once. Pure."""

import hashlib
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec

from keys.limits import store
from keys.limits.applying import ANY, Limit
from orgs import tokens

SCRIPT = (Path(__file__).parent / "admit.lua").read_text()
SHA = store.sha(SCRIPT)
# Units and calls are counted in one number.
CALL_BITS = 26

_ARGUMENTS = 17
_RATE, _WINDOW, _OPEN, _JOBS, _RESERVED = range(5)
_FIELDS, _ANSWERED = 8, 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class NoWindow(Exception):
    """A limit's window of now is not known: its rule was read too long ago, or the clock is far off."""


class Prepared(msgspec.Struct, frozen=True):
    """All of a call that does not change with it, as the store reads it: before and after the remembered admission.

    Good for these limits and until the first of their windows ends.
    """

    limits: tuple[Limit, ...]
    until: datetime | None
    before: bytes
    after: bytes
    unremembered: bytes
    # Where a job that runs counts, and what is open until it is reported.
    jobs: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()

    def is_good(self, limits: Sequence[Limit], *, at: datetime) -> bool:
        return self.limits is limits and (self.until is None or at < self.until)


def prepared(
    limits: Sequence[Limit],
    *,
    organization: int,
    key: int,
    counted_as: str,
    units: int,
    takes: bool,
    job_ms: int,
    at: datetime,
) -> Prepared:
    """Pack it. `takes` says whether a running job begins; `counted_as` is |secret|version|, "" for not counted.

    Raises NoWindow.
    """
    tag = f"{{{organization}}}"
    windows = [_window(limit, at) for limit in limits]
    names = [
        counter(organization, key, limit, start=window and window[0])
        for limit, window in zip(limits, windows, strict=True)
    ]
    still_open = tuple(opened(name) for name, limit in zip(names, limits, strict=True) if _kind(limit) == _OPEN)
    numbers = [number for pair in zip(limits, windows, strict=True) for number in row(*pair, units=units, takes=takes)]
    first = [tokens.name(organization), f"{tag}:tally", uses_key(organization)]
    keys = len(first) + 2 + len(names) + len(still_open)
    arguments: list[str | bytes] = [
        struct.pack(f"<{len(numbers)}d", *numbers),
        "<" + "d" * len(numbers),
        "<" + "d" * (2 + _ANSWERED * len(limits)),
        counted_as,
        str((units << CALL_BITS) + 1),
        str(job_ms),
    ]
    head = b"*%d\r\n" % (3 + keys + _ARGUMENTS)
    return Prepared(
        tuple(limits),
        min((window[1] for window in windows if window), default=None),
        head + _bulks("EVALSHA", SHA, str(keys), *first),
        _bulks(running_key(organization), *names, *still_open, *arguments),
        bulk(replay_key(organization, None)),
        tuple(name for name, limit in zip(names, limits, strict=True) if limit.kind == "concurrency"),
        still_open,
    )


def counter(organization: int, key: int, limit: Limit, *, start: datetime | None = None) -> str:
    """Return where a limit is counted; `start` is when its window began."""
    tag, owner = f"{{{organization}}}", f"key:{key}" if limit.owner == "key" else "organization"
    match limit.kind:
        case "window":
            return f"{tag}:window:{owner}:{limit.slot}:{microseconds(start or _EPOCH) // 1_000_000}"
        case "concurrency":
            return f"{tag}:jobs:{owner}:{limit.slot}"
        case "reserved":
            return f"{tag}:reserved:{limit.name}"
    return f"{tag}:rate:{owner}:{limit.slot}"


def job_sets(organization: int, key: int, api_version: str, pools: Sequence[str]) -> tuple[str, ...]:
    """Return every set in which a running job of this key and version may stand; `pools` are those of the version."""
    tag = f"{{{organization}}}"
    owners, versions = ("organization", f"key:{key}"), (ANY, api_version)
    slots = [f"{owner}:requests:{version}" for owner in owners for version in versions]
    return (*(f"{tag}:jobs:{slot}" for slot in slots), *(f"{tag}:reserved:{code}" for code in pools))


def opened(counter: str) -> str:
    """Return where stands what was admitted in a window and not reported yet."""
    return f"{counter}:open"


def opens(limits: Sequence[Limit], *, organization: int, key: int, at: datetime) -> tuple[str, ...]:
    """Return where a call of that time stands as admitted and not reported yet."""
    found = [(limit, limit.window_at(at)) for limit in limits if _kind(limit) == _OPEN]
    return tuple(opened(counter(organization, key, limit, start=window[0])) for limit, window in found if window)


def uses_key(organization: int) -> str:
    """Return where the uses of an organization's secrets wait to be written down."""
    return f"{{{organization}}}:uses"


def running_key(organization: int) -> str:
    """Return where the running jobs of an organization stand for people to look at."""
    return f"{{{organization}}}:running"


def replay_key(organization: int, request_id: str | None) -> str:
    """Return where the admission of a request id is remembered."""
    # Names of keys show up in the store's own tools and logs: text from outside does not belong there.
    return remembered_key(organization, digest(request_id) if request_id else "")


def remembered_key(organization: int, job: str) -> str:
    """Return the same by what the request's job is known."""
    return f"{{{organization}}}:replay:{job}"


def digest(request_id: str) -> str:
    """Return by what a request id is known in the store."""
    return hashlib.sha256(request_id.encode()).hexdigest()[:32]


def bulk(text: str | bytes) -> bytes:
    """Return one word of a command as the store reads it."""
    word = text.encode() if isinstance(text, str) else text
    return b"$%d\r\n%b\r\n" % (len(word), word)


def _bulks(*words: str | bytes) -> bytes:
    return b"".join([bulk(word) for word in words])


@cache
def answer_format(numbers: int) -> struct.Struct:
    """Return how to read so many numbers of an answer."""
    return struct.Struct(f"<{numbers}d")


def microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def row(limit: Limit, window: tuple[datetime, datetime] | None, *, units: int, takes: bool) -> tuple[int, ...]:
    """The eight numbers that admit.lua says of each limit."""
    kind, blocks = _kind(limit), int(limit.blocks)
    if window:
        starts, ends = map(microseconds, window)
        most = limit.limit + limit.overage
        return kind, limit.cost(units), most, starts, ends, limit.limit, blocks, limit.id
    if kind == _RATE:
        count, period = limit.exact
        return kind, limit.cost(units), count, period, (limit.burst or 1) * period, 0, blocks, limit.id
    return kind, 1, limit.limit, 0, 0, int(takes), blocks, limit.id


def _window(limit: Limit, at: datetime) -> tuple[datetime, datetime] | None:
    if limit.kind != "window":
        return None
    window = limit.window_at(at)
    if window is None:
        raise NoWindow(limit.name)
    return window


def _kind(limit: Limit) -> int:
    if limit.kind == "window":
        return _WINDOW if limit.dimension == "requests" else _OPEN
    return {"rate": _RATE, "concurrency": _JOBS, "reserved": _RESERVED}[limit.kind]
