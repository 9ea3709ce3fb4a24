"""How much of each limit is used in this moment, for people to look at: read as it stands, and nothing is spent."""

import math
import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec

from keys.facts import Reserved
from keys.limits import calendar, calls, effective, store
from keys.limits.applying import Kind, Limit
from keys.limits.rules import LimitRule
from orgs.capacity import spans
from orgs.models import Organization, Reservation

_NEVER = datetime(2200, 1, 1, tzinfo=UTC)
# Longer than any day or month, so that the window after the present one begins within it.
_AHEAD = timedelta(days=40)


class Place(msgspec.Struct, frozen=True):
    """A limit as it holds for an organization's calls, or for those of one key; `words` says what it is about.

    `unit` is what its number is followed by: a minute, a month, jobs.
    """

    limit: Limit
    words: str
    unit: str
    key: int | None = None


class Stand(msgspec.Struct, frozen=True):
    """What of a place is used; None where nothing has counted it yet. A rate is free again in `free_us`."""

    place: Place
    used: int | None
    free_us: int = 0


def places(organization: Organization, *, at: datetime) -> list[Place]:
    """Return all that holds calls back now: the organization's limits, what it has reserved, and its keys' limits."""
    zone, own, of_keys = ZoneInfo(organization.time_zone), [], []
    for line in effective.of(organization, at=at):
        if line.counts is not None:
            own.append(Place(_limit(line.counts, at, zone), line.slot.words, line.slot.unit))
        of_keys += [
            Place(_limit(rule, at, zone), line.slot.words, line.slot.unit, rule.key_id) for rule in line.of_keys
        ]
    return [*own, *_reserved(organization, at), *of_keys]


def read(counters: store.Store, organization: int, asked: Sequence[Place], *, at: datetime) -> list[Stand]:
    """Return how each of them stands, in one round trip. Raises CounterStoreDown."""
    answers = counters.ask_all(("TIME",), *(_question(organization, one, at) for one in asked))
    seconds, micro = map(int, answers[0])
    now_us = seconds * 1_000_000 + micro
    return [_stand(one, answer, now_us) for one, answer in zip(asked, answers[1:], strict=True)]


def _question(organization: int, place: Place, at: datetime) -> tuple[Any, ...]:
    window = place.limit.window_at(at) if place.limit.kind == "window" else None
    name = calls.counter(organization, place.key or 0, place.limit, start=window[0] if window else None)
    if place.limit.kind in ("concurrency", "reserved"):
        return "ZCOUNT", name, f"({calls.microseconds(at) // 1_000}", "+inf"
    return "GET", name


def _stand(place: Place, answer: Any, now_us: int) -> Stand:
    if place.limit.kind == "window":
        return Stand(place, None if answer is None else int(struct.unpack_from("<d", answer)[0]))
    if place.limit.kind == "rate":
        return _of_rate(place, answer, now_us)
    return Stand(place, int(answer))


def _of_rate(place: Place, kept: bytes | None, now_us: int) -> Stand:
    """What is owed by now, as admit.lua works it out."""
    if kept is None:
        return Stand(place, 0)
    (written, owed, of), (count, period) = struct.unpack("<ddd", kept), place.limit.exact
    if of != count:
        owed = math.ceil(owed / of) * count
    owed = min(owed, (place.limit.burst or 1) * period) - max(0, now_us - written) * count
    return Stand(place, math.ceil(owed / period), math.ceil(owed / count)) if owed > 0 else Stand(place, 0)


def _limit(rule: LimitRule, at: datetime, zone: ZoneInfo) -> Limit:
    return Limit(
        id=rule.pk,
        name=rule.name,
        owner=rule.owner,
        dimension=rule.dimension,
        api_version=rule.api_version,
        limit=rule.limit,
        period_s=rule.period_s,
        burst=rule.burst,
        mode=rule.mode,
        effective_from=rule.effective.lower,
        effective_until=rule.effective.upper,
        kind=cast(Kind, rule.kind),
        window=rule.window,
        overage=rule.overage_allowance,
        bounds=_bounds(rule, at, zone),
    )


def _bounds(rule: LimitRule, at: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    if rule.window is None:
        return ()
    if rule.window == LimitRule.Window.TERM:
        return rule.counts_since or rule.effective.lower, rule.effective.upper or _NEVER
    start = calendar.begun(rule.window, at, zone)
    return start, next(calendar.beginnings(rule.window, start, start + _AHEAD, zone))


def _reserved(organization: Organization, at: datetime) -> Iterable[Place]:
    day = spans.day_of(at)
    held = organization.reservations.filter(state=Reservation.State.ACTIVE, days__contains=day).select_related("pool")
    jobs: dict[int, int] = {}
    pools = {one.pool_id: one.pool for one in held}
    for one in held:
        jobs[one.pool_id] = jobs.get(one.pool_id, 0) + one.jobs
    for id, pool in sorted(pools.items()):
        limit = Reserved(id, pool.code, pool.api_version, jobs[id], True, at, at).limit
        yield Place(limit, f"Reserved in {pool.code}", "jobs")
