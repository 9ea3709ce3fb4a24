"""History is written at once, counted like everything else, and all or nothing."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError
from django.utils import timezone

from audit import trail
from keys.models import KeySecret
from metering import history, period_openings
from metering.history import Past
from metering.models import Generation, UsageDay
from orgs import actions
from tests.factories import SecretFactory
from tests.metering.conftest import Report, rollups_equal_the_ledger


@pytest.fixture
def old(db: None) -> KeySecret:
    """A key of an organization that was made 13 months ago."""
    with time_machine.travel(timezone.now() - timedelta(days=395), tick=False):
        organization = actions.create_organization(actor=trail.SYSTEM, name="Old Studio")
    return SecretFactory(key__organization=organization)


def _past(secret: KeySecret, at: datetime, version: str = "v2") -> Past:
    key = secret.key
    return Past(key.organization_id, key.pk, key.environment, version, "succeeded", 2, at, "2K", "16:9", "shared")


def test_a_year_of_it_is_counted_into_its_periods(old: KeySecret, now: datetime) -> None:
    period_openings.open_periods(contract=old.key.organization.contracts.get(), actor=trail.SYSTEM, through=now)
    rows = [_past(old, now - timedelta(hours=9 * n)) for n in range(1_000)]
    assert history.write(iter(rows)) == 1_000
    assert Generation.objects.filter(source="history", period__isnull=False).count() == 1_000
    assert UsageDay.objects.order_by().values("period").distinct().count() in (13, 14)
    assert rollups_equal_the_ledger()


def test_it_is_all_or_nothing(live: KeySecret, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "ROWS_AT_ONCE", 2)
    rows = [_past(live, now), _past(live, now), _past(live, now - timedelta(days=800))]
    with pytest.raises(DatabaseError, match="The ledger has no month"):
        history.write(rows)
    assert not Generation.objects.exists()


def test_nothing_is_written_for_nothing(db: None) -> None:
    assert history.write([]) == 0


def test_the_gateway_may_report_it_again(live: KeySecret, now: datetime, report: Report) -> None:
    history.write([_past(live, now)])
    kept = Generation.objects.get()
    said = {
        "generation_id": str(kept.generation_id),
        "organization": live.key.organization.uid,
        "key": live.public_id,
        "api_version": "v2",
        "outcome": "succeeded",
        "units": 2,
        "occurred_at": now.isoformat(),
    }
    assert report(said)[0]["status"] == "duplicate"
