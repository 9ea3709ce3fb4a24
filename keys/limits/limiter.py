"""Spend from every limit of a call at once, or from none: one script call, decided by the counter store's clock.

The same call confirms that the identity is still what it was when it was read, and counts what is told.
"""

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import hiredis
import msgspec

from keys.limits import store
from keys.limits.applying import Limit
from orgs import tokens

SCRIPT = (Path(__file__).parent / "admit.lua").read_text()
# That is how the store names scripts.
_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
REPLAY_MS = 15 * 60 * 1000
_SEPARATOR = "|"

State = Literal["admitted", "refused", "peeked", "told", "replayed", "stale"]
Mode = Literal["spend", "peek", "tell"]


class RequestIdReused(Exception):
    """The request id was admitted before, by another gateway or for another key, version or number of units."""


class Spending(msgspec.Struct, frozen=True):
    """What one call would spend. Without `bound_to` or `request_id` nothing is replayed or remembered.

    `token` is the organization's, read before the identity was. Where a check has failed, the mode is "tell": no limit
    is asked, and `told` is the verdict to count, "" for none. `use` is version|address|agent, and without a `public_id`
    neither use nor verdict is noted.
    """

    organization: int
    key: int
    limits: Sequence[Limit]
    units: int
    decision_id: str
    token: str
    mode: Mode = "spend"
    told: str = ""
    request_id: str | None = None
    bound_to: str = ""
    public_id: str = ""
    use: str = "||"

    @property
    def spend(self) -> bool:
        return self.mode == "spend"


class Standing(msgspec.Struct, frozen=True):
    """How a limit stands after the decision. `retry_us` is None where the call can never pass."""

    limit: Limit
    short: bool
    remaining: int
    reset_us: int
    retry_us: int | None

    @property
    def refused(self) -> bool:
        return self.short and self.limit.blocks


class Outcome(msgspec.Struct, frozen=True):
    """What the script decided, at `now_us` by the counter store's clock; of a stale identity, the token of now."""

    state: State
    decision_id: str
    now_us: int
    standings: tuple[Standing, ...] = ()
    token: str = ""


class Limiter:
    """The script on one counter store."""

    def __init__(self, counters: store.Store) -> None:
        self.store = counters

    def spend(self, spending: Spending, *, now_us: int | None = None) -> Outcome:
        """Admit or refuse; `now_us` stands in for the store's clock.

        Raises RequestIdReused, and CounterStoreDown where the store did not decide: it may or may not have spent.
        """
        keys = _keys(spending)
        clock = "" if now_us is None else str(now_us)
        arguments = (len(keys), *keys, clock, *_arguments(spending))
        answer = self.store.ask("EVALSHA", _SHA, *arguments)
        if isinstance(answer, hiredis.ReplyError):
            # It does not know the script, and has done nothing.
            answer = self.store.ask("EVAL", SCRIPT, *arguments)
        return _outcome(answer.decode(), spending.limits)


@functools.cache
def limiter() -> Limiter:
    """Return this process's limiter."""
    return Limiter(store.current())


def _keys(spending: Spending) -> list[str]:
    # One hash tag for each organization: all that one decision touches lies on one node of a cluster.
    tag = f"{{{spending.organization}}}"
    counters = [_counter(tag, spending.key, limit) for limit in spending.limits]
    replay = f"{tag}:replay:{_digest(spending.request_id)}" if spending.request_id else f"{tag}:replay:"
    return [tokens.name(spending.organization), replay, f"{tag}:uses", f"{tag}:tally", *counters]


def _digest(request_id: str) -> str:
    # Names of keys show up in the store's own tools and logs: text from outside does not belong there.
    return hashlib.sha256(request_id.encode()).hexdigest()[:32]


def uses_key(organization: int) -> str:
    """Return where the uses of an organization's secrets wait to be written down."""
    return f"{{{organization}}}:uses"


def _counter(tag: str, key: int, limit: Limit) -> str:
    owner = f"key:{key}" if limit.owner == "key" else "organization"
    return f"{tag}:rate:{owner}:{limit.slot}"


def _arguments(spending: Spending) -> list[str | int]:
    bound_to = spending.bound_to if spending.request_id else ""
    arguments: list[str | int] = [spending.mode, bound_to, REPLAY_MS, spending.decision_id, spending.public_id]
    arguments += [spending.use, spending.token, spending.told, spending.units]
    for limit in spending.limits:
        arguments += [limit.id, limit.cost(spending.units), *limit.exact, limit.burst, limit.mode]
    return arguments


def _outcome(answer: str, limits: Sequence[Limit]) -> Outcome:
    state, decision_id, now_us, rows = answer.split(_SEPARATOR)
    if state == "mismatch":
        raise RequestIdReused
    if state == "stale":
        return Outcome("stale", "", 0, token=rows)
    by_id = {limit.id: limit for limit in limits}
    standings = [_standing(row, by_id) for row in rows.split(";") if row]
    # A replay may tell of a limit that has been taken away since.
    return Outcome(state, decision_id, int(now_us), tuple(one for one in standings if one))  # type: ignore[arg-type]


def _standing(row: str, by_id: dict[int, Limit]) -> Standing | None:
    limit_id, short, remaining, reset_us, retry_us = map(int, row.split(","))
    limit = by_id.get(limit_id)
    if limit is None:
        return None
    return Standing(limit, bool(short), remaining, reset_us, None if retry_us < 0 else retry_us)
