"""What is told before and after a key's expiry, once for each mark."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from audit import trail
from audit.models import Event
from keys import actions, expiries, tasks
from keys.models import ApiKey, ExpiryMark
from orgs import actions as organizations
from orgs.models import Change, Notice
from tests.at_once import at_once
from tests.cast import ACTOR
from tests.factories import ContactFactory, SecretFactory

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = timezone.now()


def key_that_expires(at: datetime, **fields: Any) -> ApiKey:
    """A year-old key with a contact to tell."""
    secret = SecretFactory(key__expires_at=at, key__created_at=at - 365 * DAY, key__name="prod", **fields)
    ContactFactory(organization=secret.key.organization)
    return secret.key


def marks_told() -> list[str]:
    """What was told of expiries, in its order."""
    abouts = Notice.objects.filter(kind__startswith="key_expir").order_by("pk").values_list("about", flat=True)
    return [about.split("/")[1] + about.rpartition("/")[2].rjust(3) for about in abouts]


@pytest.mark.parametrize(
    ("away", "mark"),
    [
        (31 * DAY, None), (30 * DAY, 30), (15 * DAY, 30), (14 * DAY, 14), (8 * DAY, 14), (7 * DAY, 7), (2 * DAY, 7),
        (DAY, 1), (HOUR, 1), (timedelta(), 0), (-400 * DAY, 0),
    ],
)  # fmt: skip
def test_the_mark_that_was_reached(away: timedelta, mark: int | None) -> None:
    assert expiries.reached(NOW + away, now=NOW) == mark


def test_a_key_that_never_expires_reaches_none() -> None:
    assert expiries.reached(None, now=NOW) is None


def test_contacts_are_warned_once_at_each_mark_and_told_at_the_end(db: None) -> None:
    ends = NOW + 32 * DAY
    key_that_expires(ends)
    for hours in range(0, 34 * 24, 6):
        with time_machine.travel(NOW + hours * HOUR, tick=False):
            tasks.note_expiries()
    told = Notice.objects.order_by("pk").values_list("kind", "created_at")
    assert [kind for kind, _ in told] == [*["key_expiring"] * 4, "key_expired"]
    assert [round((ends - at) / DAY) for _, at in told] == [30, 14, 7, 1, 0]
    warned = Event.objects.filter(verb="key.expiry_warned").order_by("occurred_at")
    assert [(event.detail["days"], event.actor_id) for event in warned] == [
        (days, trail.SYSTEM.id) for days in (30, 14, 7, 1)
    ]
    assert Event.objects.get(verb="key.expired").sentence.startswith("Key prod of ")


def test_that_a_key_expired_is_recorded_and_announced_once(db: None) -> None:
    secret = SecretFactory(key__expires_at=NOW - HOUR)
    for _ in range(2):
        tasks.note_expiries()
    event = Event.objects.get(verb="key.expired")
    assert (event.target_id, event.actor_id) == (secret.key.uid, trail.SYSTEM.id)
    change = Change.objects.get(kind="key.changed")
    assert change.public_ids == [secret.public_id]


@pytest.mark.parametrize(
    "fields", [{"key__state": "revoked"}, {"key__organization__status": "closed"}], ids=["revoked", "closed"]
)
def test_nobody_is_told_of_a_key_that_is_over_anyhow(fields: dict[str, Any], db: None) -> None:
    key_that_expires(NOW + 5 * DAY, **fields)
    key_that_expires(NOW - HOUR, **fields)
    tasks.note_expiries()
    assert not Notice.objects.exists()


def test_nobody_is_told_of_a_key_that_expired_long_ago(db: None) -> None:
    key_that_expires(NOW - 30 * DAY)
    tasks.note_expiries()
    assert Event.objects.filter(verb="key.expired").count() == 1
    assert not Notice.objects.exists()


def test_a_renewed_key_is_warned_anew_for_its_new_date(db: None) -> None:
    key = key_that_expires(NOW + 5 * DAY)
    tasks.note_expiries()
    actions.edit_key(key=key, actor=ACTOR, values={"expires_at": NOW + 100 * DAY})
    tasks.note_expiries()
    assert marks_told() == ["expiring  7"]
    with time_machine.travel(NOW + 80 * DAY, tick=False):
        tasks.note_expiries()
    assert marks_told() == ["expiring  7", "expiring 30"]


def test_whoever_is_given_a_short_lived_key_is_not_warned_at_once(db: None) -> None:
    organization = ContactFactory().organization
    with time_machine.travel(NOW, tick=False):
        actions.issue_key(
            organization=organization,
            actor=ACTOR,
            name="demo",
            environment="live",
            api_versions=["v1"],
            expires_at=NOW + 10 * DAY,
        )
        tasks.note_expiries()
    assert marks_told() == []
    with time_machine.travel(NOW + 4 * DAY, tick=False):
        tasks.note_expiries()
    assert marks_told() == ["expiring  7"]


def test_a_kind_that_is_switched_off_is_still_recorded_at_the_end(db: None) -> None:
    key = key_that_expires(NOW - HOUR)
    organizations.change_notices(organization=key.organization, actor=ACTOR, muted=["key_expired"])
    tasks.note_expiries()
    assert not Notice.objects.exists()
    assert Event.objects.get(verb="key.expired").detail["contacts"] == 0


def test_what_has_been_noted_is_not_looked_at_again(db: None, django_assert_num_queries: Any) -> None:
    for away in (5 * DAY, -HOUR):
        key_that_expires(NOW + away)
    SecretFactory(key__expires_at=NOW + 5 * DAY)
    tasks.note_expiries()
    assert ExpiryMark.objects.count() == 3
    with django_assert_num_queries(1):
        tasks.note_expiries()


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_once() -> None:
    for _ in range(6):
        key_that_expires(NOW + 5 * DAY)
    at_once(tasks.note_expiries, tasks.note_expiries)
    assert Notice.objects.count() == 6
    assert Event.objects.filter(verb="key.expiry_warned").count() == 6
