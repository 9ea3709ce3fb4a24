"""A contract and its periods open with the organization, ahead of time, and when a generation needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg.types.range import TimestamptzRange

from audit import trail
from audit.models import Event
from keys.models import KeySecret
from metering import contracts, period_openings, periods, tasks
from metering.models import BillingPeriod, Contract
from orgs import actions
from orgs.models import Organization
from tests.factories import SecretFactory, record_fixture
from tests.metering.conftest import Report, generation


@contextmanager
def _recorded(organization: Organization) -> Iterator[None]:
    with transaction.atomic():
        record_fixture(organization.uid)
        yield


def test_an_organization_opens_with_its_contract_and_two_periods(db: None, actor: trail.Actor) -> None:
    with time_machine.travel(datetime(2026, 10, 31, 18, 30, tzinfo=UTC), tick=False):
        made = actions.create_organization(actor=actor, name="Himal Films", time_zone="Asia/Kathmandu")
    contract = made.contracts.get()
    assert (contract.anchor_day, contract.time_zone, contract.currency) == (1, "Asia/Kathmandu", "EUR")
    assert contract.effective == TimestamptzRange(datetime(2026, 10, 31, 18, 15, tzinfo=UTC), None, "[)")
    assert [(period.label, period.state) for period in made.billing_periods.all()] == [
        ("2026-11", "open"),
        ("2026-12", "open"),
    ]
    assert made.billing_periods.first().span.upper == datetime(2026, 11, 30, 18, 15, tzinfo=UTC)


def test_both_are_recorded_with_who_did_it(halide: Organization) -> None:
    told = Event.objects.filter(names__contains=[halide.uid], verb__in=["contract.opened", "period.opened"])
    assert {event.verb: event.actor_label for event in told} == {
        "contract.opened": "Axis Admin",
        "period.opened": "Axis Admin",
    }
    opened = told.get(verb="period.opened")
    assert [opened.target_label, *(one["label"] for one in opened.further)] == [
        period.label for period in halide.billing_periods.all()
    ]
    assert f"opened billing period {opened.target_label} and {len(opened.further)} after it" in opened.sentence


def test_when_the_trail_fails_nothing_opens(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the trail is down")

    made = actions.create_organization(actor=trail.SYSTEM, name="Kestrel VFX")
    monkeypatch.setattr(trail, "record", fail)
    before = Contract.objects.count(), BillingPeriod.objects.count()
    since = datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(RuntimeError):
        contracts.open_contract(organization=made, actor=trail.SYSTEM, since=since, until=since + timedelta(days=40))
    assert (Contract.objects.count(), BillingPeriod.objects.count()) == before


def test_a_second_contract_at_the_same_time_is_refused(halide: Organization, now: datetime) -> None:
    with pytest.raises(ValidationError):
        contracts.open_contract(organization=halide, actor=trail.SYSTEM, since=now)


def test_a_change_without_an_event_is_refused_by_the_database(halide: Organization) -> None:
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        halide.contracts.update(anchor_day=15)
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        halide.billing_periods.update(state="review")


def test_overlapping_periods_are_refused_by_the_database(halide: Organization) -> None:
    period = halide.billing_periods.first()
    period.pk = None
    with pytest.raises(IntegrityError, match="billing_periods_do_not_overlap"), _recorded(halide):
        period.save(force_insert=True)


@pytest.mark.parametrize("anchor", [0, 32])
def test_an_anchor_is_a_day_of_a_month(anchor: int, halide: Organization) -> None:
    with pytest.raises(IntegrityError, match="an_anchor_is_a_day_of_a_month"), _recorded(halide):
        halide.contracts.update(anchor_day=anchor)


@pytest.mark.parametrize("table", ["metering_contract", "metering_billingperiod"])
def test_the_application_deletes_neither_contracts_nor_periods(table: str, halide: Organization) -> None:
    with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


def test_the_sweep_opens_the_next_period_once(halide: Organization, now: datetime) -> None:
    (_, following) = halide.billing_periods.all()
    with time_machine.travel(following.span.lower, tick=False):
        tasks.open_periods()
        tasks.open_periods()
    labels = [period.label for period in halide.billing_periods.all()]
    assert labels[2:] == [periods.label(following.span.upper, ZoneInfo("UTC"))]


def test_the_sweep_catches_up_after_a_long_sleep(halide: Organization, now: datetime) -> None:
    opened = period_openings.open_ahead(actor=trail.SYSTEM, now=now + timedelta(days=100))
    assert len(opened) in (3, 4)
    spans = [period.span for period in halide.billing_periods.all()]
    assert all(one.upper == following.lower for one, following in pairwise(spans))


def test_the_sweep_leaves_a_closed_organization_alone(halide: Organization, now: datetime) -> None:
    actions.close_organization(organization=halide, actor=trail.SYSTEM, reason="ended")
    assert period_openings.open_ahead(actor=trail.SYSTEM, now=now + timedelta(days=100)) == []


def test_a_generation_opens_the_period_that_its_contract_owes(db: None, now: datetime, report: Report) -> None:
    long_ago = now - timedelta(days=400)
    with time_machine.travel(long_ago, tick=False):
        sleepy = actions.create_organization(actor=trail.SYSTEM, name="Sleepy", time_zone="Australia/Lord_Howe")
    secret: KeySecret = SecretFactory(key__organization=sleepy)
    assert sleepy.billing_periods.count() == 2
    expected = periods.label(periods.month_start(now, sleepy.zone), sleepy.zone)
    assert report(generation(secret, now), dry_run=True)[0]["period"] == expected
    assert sleepy.billing_periods.count() == 2
    assert report(generation(secret, now))[0]["period"] == expected
    assert sleepy.billing_periods.containing(now).get().label == expected
