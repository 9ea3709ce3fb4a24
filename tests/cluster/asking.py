"""Asking for shared room from a process of its own, which knows nothing of Django."""

from keys import admission
from keys.limits import limiter as limits
from keys.limits import pools
from keys.limits.cluster import Cluster
from keys.limits.limiter import Limiter
from keys.limits.windows import Totals
from tests.keys.limits import examples
from tests.valkey_cluster import third

TRIES, ROOM = 40, 150
# On the last of the nodes.
POOL = pools.Pool(next(one for one in range(40) if third(pools.jobs_key(one)) == 2), "eu", "v2", ROOM)


def often(url: str, organization: int, number: int) -> int:
    """Ask TRIES times for an organization; returns how often the answer was yes."""
    counters = Cluster(url, timeout=30)
    limits.limiter = lambda: Limiter(counters)  # type: ignore[assignment]
    limit = examples.rate(1_000_000, 1, 1_000, id=1)
    admitted = 0
    for one in range(TRIES):
        spending = examples.call(limit, organization=organization, decision_id=f"{number}.{one}")
        found = admission.ask(spending, candidates=[POOL], sums=lambda _: Totals([]))
        admitted += found.outcome.state == "admitted"
    return admitted
