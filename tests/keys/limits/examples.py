"""Limits and calls to try, with only what a test talks about spelled out."""

import itertools
from typing import Any

from keys.limits.applying import Limit
from keys.limits.limiter import Spending

# Of every organization that is tried; the `limiter` fixture sets it.
TOKEN = "t"
_ids = itertools.count(1)


def rate(limit: int = 60, period_s: int = 60, burst: int = 10, **fields: Any) -> Limit:
    """A blocking rate of requests of the plan, for any version."""
    usual: dict[str, Any] = {
        "id": next(_ids),
        "name": "minute",
        "owner": "plan",
        "dimension": "requests",
        "api_version": None,
        "mode": "block",
        "effective_from": None,
        "effective_until": None,
    }
    return Limit(**{**usual, "limit": limit, "period_s": period_s, "burst": burst, **fields})


def call(*limits: Limit, **fields: Any) -> Spending:
    """One call of organization 1, by key 1."""
    usual: dict[str, Any] = {"organization": 1, "key": 1, "units": 1, "decision_id": "d", "token": TOKEN}
    if not fields.pop("spend", True):
        usual["mode"] = "peek"
    return Spending(limits=limits, **{**usual, **fields})
