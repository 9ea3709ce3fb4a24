"""The same decisions as on one server: step by step, and exactly as many as a limit says."""

from multiprocessing import get_context

import redis

from keys.limits.limiter import Limiter
from orgs import tokens
from tests.cluster import asking
from tests.cluster.conftest import organization_on
from tests.keys.limits.test_differential import STATES, Run
from tests.valkey_cluster import MASTERS, ValkeyCluster, third

STEPS, PROCESSES = 3_000, 6


def test_every_answer_is_the_models(limiter: Limiter, valkey: redis.Redis) -> None:
    run = Run(5, limiter, valkey)
    for step in range(STEPS):
        run.step(step)
    assert all(run.states[state] for state in STATES), run.states
    assert len({third(tokens.name(organization)) for organization in range(3)}) > 1


def test_organizations_of_all_nodes_get_exactly_the_room_of_a_pool(
    limiter: Limiter, valkey: redis.Redis, cluster: ValkeyCluster
) -> None:
    asked = [(cluster.url, organization_on(number % MASTERS), number) for number in range(PROCESSES)]
    with get_context("spawn").Pool(PROCESSES) as workers:
        admitted = sum(workers.starmap_async(asking.often, asked).get(timeout=60))
    assert admitted == asking.ROOM == valkey.zcard(asking.POOL.jobs_key)
