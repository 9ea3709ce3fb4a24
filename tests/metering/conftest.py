"""An organization with a contract and a key, and a gateway that reports its generations."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from audit import trail, uuid7
from keys.models import KeySecret
from metering import ledger, recounting
from metering.results import Result, rfc3339
from orgs import actions
from orgs.models import Organization
from tests.factories import SecretFactory, record_fixture

Report = Callable[..., list[Result]]
Item = dict[str, Any]
THREADS = 4


@pytest.fixture
def now() -> datetime:
    """The present, to the millisecond, as the gateway writes times."""
    now = timezone.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@pytest.fixture
def halide(db: None) -> Organization:
    """An organization with the contract and the periods that every organization opens with."""
    return actions.create_organization(actor=trail.SYSTEM, name="Halide & Sons", status=Organization.Status.ACTIVE)


@pytest.fixture
def kestrel(db: None) -> Organization:
    """Another one."""
    return actions.create_organization(actor=trail.SYSTEM, name="Kestrel VFX", status=Organization.Status.ACTIVE)


@pytest.fixture
def live(halide: Organization) -> KeySecret:
    """The secret of a live key of Halide."""
    return SecretFactory(key__organization=halide, key__name="render-farm")


@pytest.fixture
def sandbox(halide: Organization) -> KeySecret:
    """The secret of a test key of Halide."""
    return SecretFactory(key__organization=halide, key__name="storyboards", key__environment="test")


@pytest.fixture
def hers(kestrel: Organization) -> KeySecret:
    """The secret of a live key of Kestrel."""
    return SecretFactory(key__organization=kestrel, key__name="previz")


@pytest.fixture
def together() -> Callable[[Callable[[int], object]], list[object]]:
    """Run the same work in several threads, each with a connection of its own."""

    def run(work: Callable[[int], object]) -> list[object]:
        def own(number: int) -> object:
            try:
                return work(number)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(own, range(THREADS)))

    return run


def generation(secret: KeySecret, at: datetime, **further: Any) -> Item:
    """Say what the gateway says about a generation: v2, succeeded, one unit, unless told otherwise."""
    said = {
        "generation_id": str(uuid7.make(at)),
        "organization": secret.key.organization.uid,
        "key": secret.public_id,
        "api_version": "v2",
        "outcome": "succeeded",
        "units": 1,
        "occurred_at": rfc3339(at),
        "resolution": "2K",
        "service_tier": "dedicated",
    }
    return {**said, **further}


@pytest.fixture
def report(db: None, now: datetime) -> Iterator[Report]:
    """Report items as a gateway does, in one batch; whatever the test does then, the rollups are the ledger's sums."""
    yield reporting(now)
    assert rollups_equal_the_ledger()


def reporting(now: datetime) -> Report:
    """What `report` does, for tests that change the rollups by hand."""

    def append(*items: Any, source: str = "gw-eu-1", at: datetime = now, dry_run: bool = False) -> list[Result]:
        return ledger.append(items=items, source=source, gateway="gwc_test", now=at, dry_run=dry_run)

    return append


def put(organization: Organization, label: str, state: str) -> None:
    """Put a billing period into a state, with an event that says so and without whatever else belongs to the way."""
    with transaction.atomic():
        record_fixture(organization.uid)
        assert organization.billing_periods.filter(label=label).update(state=state) == 1


def midday(now: datetime, *, days: int = 0) -> datetime:
    """Return noon in UTC, so many days before today."""
    return now.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days)


def rollups_equal_the_ledger() -> bool:
    """Compare every row of both rollups with what the ledger adds up to, less what was voided."""
    return not list(recounting.differences())
