"""What a key can have at most, kept by the database."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from keys.models import KeySecret
from tests.factories import SecretFactory


@pytest.mark.parametrize("state", ["pending", "active", "overlap"])
def test_a_key_has_one_secret_of_each_kind(state: str, db: None) -> None:
    times = {"activates_at": timezone.now(), "overlap_until": timezone.now()}
    first = SecretFactory(state=state, **times)
    with pytest.raises(IntegrityError, match=f"one_{state}_secret_per_key"), transaction.atomic():
        SecretFactory(key=first.key, state=state, **times)


def test_of_retired_ones_it_keeps_all(db: None) -> None:
    key = SecretFactory(state="retired").key
    SecretFactory(key=key, state="retired")
    assert KeySecret.objects.filter(key=key, state="retired").count() == 2


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"state": "overlap", "overlap_until": None}, "an_overlap_has_an_end"),
        ({"state": "pending", "activates_at": None}, "a_pending_secret_says_when_it_begins"),
    ],
)
def test_what_runs_or_is_to_begin_says_when(fields: dict[str, Any], name: str, db: None) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        SecretFactory(**fields)
