"""Counters of windows are seeded, settled and reconciled wherever they lie."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import redis

from keys import admission
from keys.limits import reconciling, settling
from keys.limits.cluster import Cluster
from keys.limits.limiter import Limiter
from keys.limits.settling import Report
from keys.limits.windows import Totals, Window
from tests.cluster.conftest import organization_on
from tests.keys.limits import examples
from tests.valkey_cluster import MASTERS

LEDGER = 7


def sums(asked: Sequence[Window]) -> Totals:
    """What the ledger said before transaction 5."""
    return Totals([LEDGER] * len(asked), "5:5:|")


def later(asked: Sequence[Window]) -> Totals:
    """What it says after it, with two that nobody told the counters of."""
    return Totals([LEDGER + 4] * len(asked), "6:6:|")


def test_organizations_of_all_nodes_are_settled_together(
    limiter: Limiter, valkey: redis.Redis, counters: Cluster
) -> None:
    now = datetime.now(UTC)
    whose = [organization_on(node) for node in range(MASTERS)]
    today = examples.window(dimension="generations", start=now - timedelta(hours=1), window="day")
    for organization in whose:
        asked = examples.call(
            today, organization=organization, request_id="r", bound_to="1.1.v2.1", takes=False, at=now
        )
        assert admission.ask(asked, candidates=[], sums=sums).outcome.standings[0].remaining == 1_000 - LEDGER - 1
    ms = int(now.timestamp() * 1_000)
    reports = [Report(organization, 1, "v2", 1, ms, counts=True, request_id="r") for organization in whose]
    settling.settle(counters, [*reports, *reports], transaction="5")
    found = [one for part in reconciling.reconcile(counters, whose, sums=later, at=now) for one in part]
    assert [(one.before, one.used) for one in found] == [(LEDGER + 2, LEDGER + 4)] * MASTERS
