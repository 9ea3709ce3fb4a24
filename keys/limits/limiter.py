"""Spend from every limit of a call at once, or from none: one script call, decided by the counter store's clock.

The same call confirms that the identity is still what it was when it was read, and counts what is told.
"""

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import hiredis
import msgspec

from keys.limits import calls, store
from keys.limits.applying import Limit
from keys.limits.calls import Prepared
from orgs import tokens

SCRIPT = calls.SCRIPT
# So long may a job run before it has to be renewed, where nothing is known of the customer's.
USUAL_JOB_MS = 120_000

State = Literal["admitted", "replayed", "refused", "unspent", "told", "beyond", "stale", "unseeded", "elsewhen"]
Mode = Literal["spend", "peek", "probe", "tell"]
Room = Literal["", "shared", "free"]
Tier = Literal["", "reserved", "overage"]

_STATES: dict[bytes, State] = {
    b"A": "admitted",
    b"Y": "replayed",
    b"R": "refused",
    b"P": "unspent",
    b"T": "told",
    b"B": "beyond",
}
_OVERAGE, _RESERVED, _TAKEN = 2, 10, 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = calls.bulk("")
_ROOMS = {room: calls.bulk(room) for room in ("", "shared", "free")}
_MODES = {mode: calls.bulk(mode) for mode in ("spend", "peek", "probe", "tell")}


class RequestIdReused(Exception):
    """The request id was admitted before, by another gateway or for another key, version or number of units."""


class Spending(msgspec.Struct, frozen=True):
    """What one call would spend. Without `bound_to` or `request_id` nothing is replayed or remembered.

    `token` is the organization's, read before the identity was. Where a check has failed, the mode is "tell": no limit
    is asked, and `told` is the verdict to count, "" for none. Without a `public_id` no verdict is counted; `caller` is
    address|agent, and noted as the secret's use where `notes_use`. `takes` begins a running job where jobs are limited;
    `room` says that shared room was taken for it, or that it needs none; `about` is what people are told of the job,
    gateway|key|version. In `memory` is kept what many calls have in common.
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
    api_version: str = ""
    caller: str = "|"
    notes_use: bool = True
    takes: bool = True
    job_ms: int = USUAL_JOB_MS
    room: Room = ""
    about: str = ""
    at: datetime | None = None
    memory: dict[Any, Any] | None = None

    @property
    def spend(self) -> bool:
        return self.mode == "spend"

    @property
    def member(self) -> str:
        """By what the store knows the job: a request id that is sent again is the same job."""
        return calls.digest(self.request_id) if self.request_id else self.decision_id


class Standing(msgspec.Struct, frozen=True):
    """How a limit stands after the decision.

    `retry_us` is None where nobody knows when the call could pass, and `never` says that waiting does not help.
    """

    limit: Limit
    short: bool
    remaining: int
    reset_us: int
    retry_us: int | None
    never: bool = False

    @property
    def refused(self) -> bool:
        return self.short and self.limit.blocks


class Outcome(msgspec.Struct, frozen=True):
    """What the script decided, at `now_us` by the counter store's clock; of a stale identity, the token of now.

    "beyond" is what nothing but the reservation refuses; "unseeded" names the limit whose window is not counted yet,
    and "elsewhen" says that a window is not the present one. `reserved` is the reservation that the job runs in;
    `took` says that a job began, now or when what is replayed was admitted.
    """

    state: State
    decision_id: str
    now_us: int
    standings: tuple[Standing, ...] = ()
    token: str = ""
    tier: Tier = ""
    unseeded: Limit | None = None
    reserved: Limit | None = None
    took: bool = False

    @property
    def at(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.now_us)


class Limiter:
    """The script on one counter store."""

    def __init__(self, counters: store.Store) -> None:
        self.store = counters

    def spend(self, spending: Spending, *, now_us: int | None = None) -> Outcome:
        """Admit or refuse; `now_us` stands in for the store's clock.

        Raises RequestIdReused, calls.NoWindow, and CounterStoreDown where the store did not decide: it may or may not
        have spent.
        """
        at = spending.at or (datetime.now(UTC) if now_us is None else _EPOCH + timedelta(microseconds=now_us))
        command = _command(spending, prepared(spending, at=at), "" if now_us is None else str(now_us))
        key = tokens.name(spending.organization)
        answer = self.store.ask_packed(command, key=key)
        if isinstance(answer, hiredis.ReplyError):
            # It does not know the script, and has done nothing.
            self.store.load(SCRIPT, key=key)
            answer = self.store.ask_packed(command, key=key)
        return _outcome(answer, spending.limits)


@functools.cache
def limiter() -> Limiter:
    """Return this process's limiter."""
    return Limiter(store.current())


def prepared(spending: Spending, *, at: datetime) -> Prepared:
    """Return what many calls have in common with this one. Raises calls.NoWindow."""
    memory = spending.memory if spending.memory is not None else {}
    name = (Prepared, spending.api_version, spending.units, spending.takes)
    kept: Prepared | None = memory.get(name)
    if kept is None or not kept.is_good(spending.limits, at=at):
        kept = memory[name] = calls.prepared(
            spending.limits,
            organization=spending.organization,
            key=spending.key,
            counted_as=f"|{spending.public_id}|{spending.api_version}|" if spending.public_id else "",
            units=spending.units,
            takes=spending.takes,
            job_ms=spending.job_ms,
            at=at,
        )
    return kept


def _command(spending: Spending, prepared: Prepared, clock: str) -> bytes:
    bulk, request_id = calls.bulk, spending.request_id
    decision_id = bulk(spending.decision_id)
    noted = bulk(spending.public_id) if spending.notes_use else _NOTHING
    if request_id:
        replay, bound_to, member = (
            calls.replay_key(spending.organization, request_id),
            spending.bound_to,
            spending.member,
        )
        remembered, job = bulk(replay), bulk(bound_to) + bulk(member)
    else:
        remembered, job = prepared.unremembered, _NOTHING + decision_id
    told = bulk(clock) + bulk(spending.told) if clock or spending.told else _UNTOLD
    room, about = _ROOMS[spending.room], bulk(spending.about)
    head = prepared.before, remembered, prepared.after, bulk(spending.token), _MODES[spending.mode]
    return b"".join((*head, decision_id, bulk(spending.caller), noted, job, told, room, about))


# By the store's clock, and no verdict to tell.
_UNTOLD = _NOTHING * 2


def _outcome(answer: bytes, limits: Sequence[Limit]) -> Outcome:
    state = _STATES.get(answer[:1])
    if state is None:
        return _undecided(answer, limits)
    ends = answer.index(b"|")
    numbers = calls.answer_format((len(answer) - ends - 1) // 8).unpack_from(answer, ends + 1)
    standings = _standings(numbers, limits, is_replay=state == "replayed")
    tier = int(numbers[1]) % _TAKEN
    reserved = _reserved(numbers[2 + 5 * (tier - _RESERVED - 1)], limits) if tier > _RESERVED else None
    name: Tier = "reserved" if tier > _RESERVED else "overage" if tier == _OVERAGE else ""
    decision_id, now_us = answer[1:ends].decode(), int(numbers[0])
    return Outcome(state, decision_id, now_us, standings, tier=name, reserved=reserved, took=took(numbers[1]))


def took(tier: float) -> bool:
    """Say whether a job began with an admission, by the tier that the script answered."""
    return tier >= _TAKEN


def _reserved(id: float, limits: Sequence[Limit]) -> Limit | None:
    # By its id: of a replay the reservation may be over, and another limit stand in its place.
    return next((limit for limit in limits if limit.id == id and limit.kind == "reserved"), None)


def _undecided(answer: bytes, limits: Sequence[Limit]) -> Outcome:
    match answer[:1]:
        case b"M":
            raise RequestIdReused
        case b"S":
            return Outcome("stale", "", 0, token=answer[1:].decode())
    (number,) = calls.answer_format(1).unpack_from(answer, 1)
    if answer[:1] == b"N":
        return Outcome("unseeded", "", 0, unseeded=limits[int(number) - 1])
    return Outcome("elsewhen", "", int(number))


def _standings(numbers: Sequence[float], limits: Sequence[Limit], *, is_replay: bool) -> tuple[Standing, ...]:
    rows = range(2, len(numbers), 5)
    if not is_replay:
        return tuple([_standing(limit, numbers, row) for limit, row in zip(limits, rows, strict=False)])
    # A replay may tell of a limit that has been taken away since.
    by_id = {limit.id: limit for limit in limits}
    return tuple([_standing(by_id[int(numbers[row])], numbers, row) for row in rows if int(numbers[row]) in by_id])


def _standing(limit: Limit, numbers: Sequence[float], row: int) -> Standing:
    retry = int(numbers[row + 4])
    return Standing(
        limit,
        numbers[row + 1] == 1,
        int(numbers[row + 2]),
        int(numbers[row + 3]),
        None if retry < 0 else retry,
        retry == -1,
    )
