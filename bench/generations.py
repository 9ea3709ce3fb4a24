"""Batches of generations as a gateway reports them, with fresh ids. Pure: time and chance are arguments."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from bench.payload import Customer

BATCH = 200
# A batch tells of the last minute. Beginning at `since`, it lies at most so far ahead, which the contract allows.
SPAN_MS = 60_000
RESOLUTIONS = ("1K", "2K", "4K")
RATIOS = ("1:1", "3:2", "16:9")
FAILED = 0.05
# So many come with the customer's own idempotency key, as a UUID.
KEYED = 0.5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def batches(count: int, customers: Sequence[Customer], *, since: datetime, chance: Random) -> list[bytes]:
    """Return so many bodies of 200 generations, from all customers, the larger of them with more.

    The n-th customer has a share of 1/n, as customers do.
    """
    weights = list(accumulate(1 / rank for rank in range(1, len(customers) + 1)))
    return [_batch(chance.choices(customers, cum_weights=weights, k=BATCH), since, chance) for _ in range(count)]


def uuid7(ms: int, chance: Random) -> str:
    """Return a version 7 UUID of this millisecond."""
    digits = f"{ms << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0b10 << 62 | chance.getrandbits(62):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _batch(customers: Sequence[Customer], since: datetime, chance: Random) -> bytes:
    first_ms = (since - EPOCH) // timedelta(milliseconds=1)
    items = [_generation(customer, first_ms + chance.randrange(SPAN_MS), chance) for customer in customers]
    return json.dumps({"source": "bench", "generations": items}).encode()


def _generation(customer: Customer, ms: int, chance: Random) -> dict[str, Any]:
    failed = chance.random() < FAILED
    at = EPOCH + timedelta(milliseconds=ms)
    return {
        "generation_id": uuid7(ms, chance),
        "organization": customer.organization,
        "key": customer.public_id,
        "api_version": chance.choice(("v1", "v2")),
        "outcome": "failed" if failed else "succeeded",
        "units": 1,
        "occurred_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration_ms": chance.randrange(2_000, 20_000),
        "resolution": chance.choice(RESOLUTIONS),
        "aspect_ratio": chance.choice(RATIOS),
        "request_id": f"req_{chance.getrandbits(64):016x}",
        "idempotency_key": uuid7(ms, chance) if chance.random() < KEYED else None,
        "service_tier": "shared",
        "failure_cause": "timeout" if failed else None,
    }
