"""Whoever follows the change feed misses nothing, however many write it at the same time."""

import random
import threading
import time

import pytest
from django.db import connection, transaction

from keys import feed
from orgs import changes
from orgs.models import Organization
from tests.factories import OrganizationFactory, record_fixture

WRITERS, TURNS = 4, 20


def _announce(organization: Organization) -> None:
    chance = random.Random(organization.pk)
    for _ in range(TURNS):
        with transaction.atomic():
            record_fixture(organization.uid)
            changes.announce(organization=organization, kind="organization.changed")
            # A commit that takes its time, while others come that began later.
            time.sleep(chance.random() / 200)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_reader_beside_many_writers_sees_every_change_once_and_in_order() -> None:
    threads = [threading.Thread(target=_announce, args=[OrganizationFactory()]) for _ in range(WRITERS)]
    begun = after = feed.head()
    for thread in threads:
        thread.start()
    told: list[int] = []
    while any(thread.is_alive() for thread in threads) or after < feed.head():
        page = feed.read(after=after, limit=7)
        told += [change.seq for change in page.changes]
        after = page.next
    for thread in threads:
        thread.join()
    assert told == list(range(begun + 1, begun + 1 + WRITERS * TURNS))
