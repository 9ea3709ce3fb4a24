"""Two organizations with keys, and generations of every kind over some weeks."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import cycle

import pytest
from django.http import QueryDict

from keys.models import KeySecret
from metering.explorer import Filter
from orgs.models import Organization, Staff
from tests.metering.conftest import Item, Report, generation

Ask = Callable[..., Filter]
KINDS = cycle(
    [
        {"resolution": "1K", "aspect_ratio": "1:1"},
        {"api_version": "v1", "resolution": "1K", "service_tier": "shared"},
        {"resolution": "4K", "units": 4, "aspect_ratio": "16:9"},
        {"outcome": "failed", "failure_cause": "engine"},
        {"outcome": "failed", "failure_cause": "content", "api_version": "v1", "resolution": None},
        {"service_tier": None, "aspect_ratio": "9:16", "units": 2},
        {"resolution": "512"},
    ]
)


def spread(secrets: list[KeySecret], now: datetime) -> Iterator[Item]:
    """Yield generations of each key in uneven steps over the last month, some of them just before a local midnight."""
    steps = (timedelta(hours=n * 17, minutes=n * 23) for n in range(44))
    for n, back in enumerate(steps):
        yield generation(secrets[n % len(secrets)], now - back, **next(KINDS))


@pytest.fixture
def used(live: KeySecret, hers: KeySecret, sandbox: KeySecret, now: datetime, report: Report) -> list[Organization]:
    """Halide and Kestrel with what their keys generated, a test key's apart."""
    report(*spread([live, hers, sandbox], now))
    return [live.key.organization, hers.key.organization]


@pytest.fixture
def ask(viewer: Staff, now: datetime) -> Ask:
    """Read an address as somebody who sees everything."""

    def from_query(query: str, organization: Organization | None = None) -> Filter:
        return Filter.from_query(QueryDict(query.partition("?")[2] or query), viewer, organization, now=now)

    return from_query
