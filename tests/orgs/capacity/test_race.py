"""Many book at once: what the database lets in is never more than there is; what a sum query lets in is."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import Sum

from axis_admin import embedded
from orgs import actions
from orgs.capacity.room import NoRoom
from orgs.capacity.spans import Span
from orgs.models import CapacityPool, Organization, Reservation
from tests.capacity import ACTOR, a_pool, in_days, is_sound, ledger
from tests.factories import OrganizationFactory, record_fixture

WRITERS, UNITS, DAYS = 8, 100, 40
Book = Callable[[Reservation], None]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool(transactional_db: None) -> CapacityPool:
    return a_pool(capacity=UNITS)


@pytest.fixture
def unguarded(transactional_db: None) -> None:
    """The database without the trigger that counts; the copy that the test works in is thrown away afterwards."""
    host = str(embedded.run_dir(settings.AXIS_VAR))
    name = connection.settings_dict["NAME"]
    with psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True) as owner:
        owner.execute("ALTER TABLE orgs_reservation DISABLE TRIGGER reserves_days")


def _wanted(pool: CapacityPool, organization: Organization, dice: random.Random) -> Reservation:
    first = dice.randrange(DAYS)
    span = Span(in_days(first), in_days(first + dice.randrange(1, 12)))
    units = dice.randrange(1, 30)
    return Reservation(pool=pool, organization=organization, units=units, days=span.bounds, state="active")


def _race(pool: CapacityPool, book: Book, *, bookings: int) -> list[int]:
    """Let all writers book at once, each on a connection of its own; returns how many were refused, by writer."""
    together = threading.Barrier(WRITERS)
    organizations = [OrganizationFactory() for _ in range(WRITERS)]

    def write(number: int) -> int:
        dice, refused = random.Random(number), 0
        try:
            connection.ensure_connection()
            together.wait()
            for _ in range(bookings):
                try:
                    book(_wanted(pool, organizations[number], dice))
                except (IntegrityError, NoRoom):
                    refused += 1
        finally:
            connections.close_all()
        return refused

    with ThreadPoolExecutor(WRITERS) as writers:
        return list(writers.map(write, range(WRITERS)))


def _insert(wanted: Reservation) -> None:
    with transaction.atomic():
        wanted.save(force_insert=True)
        record_fixture(wanted.uid)


def _reserve(wanted: Reservation) -> None:
    span = wanted.span
    actions.reserve(
        organization=wanted.organization,
        pool=wanted.pool,
        actor=ACTOR,
        units=wanted.units,
        first=span.first,
        last=span.last,
    )


def _insert_after_summing(wanted: Reservation) -> None:
    """What one would write without the ledger of days: ask for the sum of each day, then book."""
    with transaction.atomic():
        for day in wanted.span:
            taken = Reservation.objects.filter(pool=wanted.pool, days__contains=day).aggregate(units=Sum("units"))
            if (taken["units"] or 0) + wanted.units > UNITS:
                raise IntegrityError("no room, says the sum")
        wanted.save(force_insert=True)
        record_fixture(wanted.uid)


def test_eight_writers_never_get_more_than_there_is(pool: CapacityPool) -> None:
    refused = _race(pool, _insert, bookings=150)
    assert is_sound(pool)
    assert max(kept for _, kept, _, _ in ledger(pool)) > UNITS // 2
    assert Reservation.objects.count() == WRITERS * 150 - sum(refused) > 0
    assert all(refused)


def test_eight_people_never_get_more_than_there_is(pool: CapacityPool) -> None:
    refused = _race(pool, _reserve, bookings=25)
    assert is_sound(pool)
    assert Reservation.objects.count() == WRITERS * 25 - sum(refused) > 0


def test_a_sum_query_without_the_ledger_overbooks_in_the_same_race(pool: CapacityPool, unguarded: None) -> None:
    for _ in range(10):
        _race(pool, _insert_after_summing, bookings=10)
        if max(summed for _, _, _, summed in ledger(pool)) > UNITS:
            return
        with transaction.atomic():
            gone = list(Reservation.objects.values_list("uid", flat=True))
            Reservation.objects.update(state="cancelled", released_on=in_days(0))
            record_fixture(*gone)
    pytest.fail("The race is no race: a sum query kept the pool whole ten times.")
