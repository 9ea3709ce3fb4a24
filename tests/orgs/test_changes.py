from functools import partial
from typing import Any

import pytest
from django.db import transaction

from orgs import changes
from orgs.models import Change, Organization
from tests.at_once import at_once
from tests.factories import OrganizationFactory, record_fixture


def test_a_change_raises_the_version_and_stands_in_the_feed(db: None) -> None:
    organization = OrganizationFactory()
    with transaction.atomic():
        version = changes.announce(organization=organization, kind="key.revoked", public_ids=["8f3KQ2mZr01B"])
        record_fixture(organization.uid)
    change = Change.objects.latest("seq")
    assert (change.kind, change.version, change.public_ids) == ("key.revoked", version, ["8f3KQ2mZr01B"])
    assert Organization.objects.get(pk=organization.pk).version == version == organization.version


@pytest.mark.django_db(transaction=True)
def test_the_feed_has_neither_holes_nor_doubles_under_concurrent_writers() -> None:
    studios = [OrganizationFactory() for _ in range(4)]
    first = Change.objects.count()

    def announce(organization: Any) -> None:
        for turn in range(25):
            try:
                with transaction.atomic():
                    changes.announce(organization=organization, kind="organization.changed")
                    record_fixture(organization.uid)
                    if turn % 5 == 0:
                        raise KeyError
            except KeyError:
                pass

    at_once(*(partial(announce, each) for each in studios))
    numbers = list(Change.objects.order_by("seq").values_list("seq", flat=True))
    assert len(numbers) - first == 80
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
