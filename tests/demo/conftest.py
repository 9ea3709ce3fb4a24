"""The demo data, made once for all tests of this folder."""

from collections.abc import Iterator
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker


@pytest.fixture(scope="package")
def begun() -> datetime:
    """When the demo data was made."""
    return timezone.now()


@pytest.fixture(scope="package")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker, begun: datetime) -> Iterator[str]:
    """What the command said, within a transaction that ends with the last test."""
    said = StringIO()
    with django_db_blocker.unblock():
        block = transaction.atomic()
        # As a test's own block: what it holds is checked where it would have been committed.
        block._from_testcase = True  # type: ignore[attr-defined]
        with block:
            call_command("seed_demo", stderr=said)
            yield said.getvalue()
            transaction.set_rollback(True)
