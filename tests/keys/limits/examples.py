"""Limits and calls to try, with only what a test talks about spelled out."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from keys.limits.applying import Limit
from keys.limits.limiter import Spending

# Of every organization that is tried; the `limiter` fixture sets it.
TOKEN = "t"
_ids = itertools.count(1)


def rate(limit: int = 60, period_s: int = 60, burst: int = 10, **fields: Any) -> Limit:
    """A blocking rate of requests of the plan, for any version."""
    return _limit(limit, **{"name": "minute", "period_s": period_s, "burst": burst, **fields})


def window(limit: int = 1_000, *, start: datetime, length: timedelta = timedelta(days=1), **fields: Any) -> Limit:
    """A blocking quota of requests from `start` on, and of the window after it."""
    bounds = (start, start + length, start + 2 * length)
    return _limit(limit, **{"kind": "window", "name": "day", "window": "day", "bounds": bounds, **fields})


def jobs(limit: int = 4, **fields: Any) -> Limit:
    """So many running jobs at most."""
    return _limit(limit, **{"kind": "concurrency", "name": "jobs", **fields})


def reserved(limit: int = 2, **fields: Any) -> Limit:
    """So many jobs reserved in a pool; with the mode "warn" there is shared room besides."""
    return _limit(limit, **{"kind": "reserved", "name": "pool", "owner": "organization", **fields})


def _limit(limit: int, **fields: Any) -> Limit:
    usual: dict[str, Any] = {
        "id": next(_ids),
        "owner": "plan",
        "dimension": "requests",
        "api_version": None,
        "period_s": None,
        "burst": None,
        "mode": "block",
        "effective_from": None,
        "effective_until": None,
    }
    return Limit(**{**usual, "limit": limit, **fields})


def call(*limits: Limit, **fields: Any) -> Spending:
    """One call of organization 1, by key 1."""
    usual: dict[str, Any] = {"organization": 1, "key": 1, "units": 1, "decision_id": "d", "token": TOKEN}
    if not fields.pop("spend", True):
        usual["mode"] = "peek"
    return Spending(limits=limits, **{**usual, **fields})


def at(microseconds: int) -> datetime:
    """The time that the store's clock shows so."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
