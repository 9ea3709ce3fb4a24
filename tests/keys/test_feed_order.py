"""Whoever follows the change feed misses nothing, however many write it at the same time."""

import random
import time
from functools import partial

import pytest
from django.db import transaction

from keys import feed
from orgs import changes
from orgs.models import Organization
from tests.at_once import SECONDS, at_once
from tests.factories import OrganizationFactory, record_fixture

WRITERS, TURNS = 4, 20


def _announce(organization: Organization) -> list[int]:
    chance = random.Random(organization.pk)
    for _ in range(TURNS):
        with transaction.atomic():
            record_fixture(organization.uid)
            changes.announce(organization=organization, kind="organization.changed")
            # A commit that takes its time, while others come that began later.
            time.sleep(chance.random() / 200)
    return []


def _follow(begun: int) -> list[int]:
    """What a reader is told while they write, until it was told as many changes as there are to be."""
    told: list[int] = []
    after, end = begun, time.monotonic() + SECONDS
    while len(told) < WRITERS * TURNS and time.monotonic() < end:
        page = feed.read(after=after, limit=7)
        told += [change.seq for change in page.changes]
        after = page.next
    return told


@pytest.mark.django_db(transaction=True)
def test_a_reader_beside_many_writers_sees_every_change_once_and_in_order() -> None:
    writers = [partial(_announce, OrganizationFactory()) for _ in range(WRITERS)]
    begun = feed.head()
    told, *_ = at_once(partial(_follow, begun), *writers)
    assert told == list(range(begun + 1, begun + 1 + WRITERS * TURNS))
