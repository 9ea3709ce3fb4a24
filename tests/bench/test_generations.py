"""The batches of the bench are such as the contract accepts."""

import json
from collections import Counter
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest

from audit import uuid7
from bench import generations
from bench.payload import Customer
from metering import entries, items

SINCE = datetime(2026, 11, 3, 12, tzinfo=UTC)
CUSTOMERS = [Customer(f"org_{number}", f"key{number}", "") for number in range(10)]


@pytest.fixture
def batches() -> list[list[dict]]:
    bodies = generations.batches(20, CUSTOMERS, since=SINCE, chance=Random(7))
    return [json.loads(body)["generations"] for body in bodies]


def test_every_item_of_200_is_accepted(batches: list[list[dict]]) -> None:
    keys = {f"key{number}": items.Key(number, number, "live") for number in range(10)}
    names = items.Names({f"org_{number}": number for number in range(10)}, keys)
    for batch in batches:
        assert len(batch) == 200
        for item in batch:
            items.judge(items.read(item), names, now_ms=entries.milliseconds(SINCE))


def test_no_id_is_used_twice_and_each_tells_its_time(batches: list[list[dict]]) -> None:
    everything = [item for batch in batches for item in batch]
    assert len({item["generation_id"] for item in everything}) == len(everything)
    for item in everything:
        assert uuid7.time_of(UUID(item["generation_id"])) == datetime.fromisoformat(item["occurred_at"])


def test_the_first_customer_has_the_most(batches: list[list[dict]]) -> None:
    counts = Counter(item["organization"] for batch in batches for item in batch)
    assert counts["org_0"] > counts["org_4"] > 0
    assert set(counts) == {customer.organization for customer in CUSTOMERS}
