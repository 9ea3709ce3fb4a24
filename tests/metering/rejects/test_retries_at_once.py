"""A retry counts and settles as one: whoever is killed in it or decides at the same time, gateways' counts agree."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.utils import timezone

from audit import trail
from audit.models import Event
from keys.models import KeySecret
from metering import actions, agreement, control_totals, ledger
from metering.control_totals import Total
from metering.models import Generation, RejectedGeneration
from orgs import actions as organizations
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.metering.conftest import Item, generation, rollups_equal_the_ledger
from tests.metering.test_killed import Killer

pytestmark = pytest.mark.django_db(transaction=True)
Together = Callable[[Callable[[int], str]], list[str]]
HOUR = timedelta(hours=1)
ROUNDS = 5


@pytest.fixture
def secret(transactional_db: None) -> KeySecret:
    """A key of an organization that was made a year ago, whose present period nobody has opened yet."""
    with time_machine.travel(timezone.now() - timedelta(days=365), tick=False):
        organization = organizations.create_organization(actor=trail.SYSTEM, name="Halide & Sons")
    return SecretFactory(key__organization=organization)


def _early(secret: KeySecret, now: datetime) -> tuple[RejectedGeneration, Item]:
    """One that happens now and was reported by a clock an hour ahead, and what was reported."""
    item = generation(secret, now)
    (told,) = ledger.append(items=[item], source="gw-eu-1", gateway="gwc_test", now=now - HOUR)
    assert told["code"] == "timestamp_in_future"
    return RejectedGeneration.objects.get(generation_id=item["generation_id"]), item


def _retry(reject: RejectedGeneration, now: datetime) -> str:
    try:
        return actions.retry_reject(reject=reject, actor=ACTOR, now=now)["status"]
    except ValidationError:
        return "settled"


def _dismiss(reject: RejectedGeneration, now: datetime) -> str:
    try:
        return actions.dismiss_reject(reject=reject, actor=ACTOR, now=now, reason="A test of theirs").resolution
    except ValidationError:
        return "settled"


def _resolution(reject: RejectedGeneration) -> tuple[str, str]:
    reject.refresh_from_db()
    return reject.resolution, reject.resolved_reason


def _agrees(secret: KeySecret, now: datetime, *, accepted: int) -> bool:
    """Whether the hours agree with a gateway that was answered accepted so often."""
    organization = secret.key.organization
    period = organization.billing_periods.containing(now).get()
    hour = now.replace(minute=0, second=0, microsecond=0)
    totals = [Total(hour, organization.uid, "v2", accepted)]
    control_totals.keep(totals, source="gw-eu-1", complete_through=period.span.upper, gateway="gw", now=now)
    return agreement.of_period(period).matches


def test_a_retry_that_is_killed_anywhere_is_as_if_it_had_never_been(secret: KeySecret, now: datetime) -> None:
    for nth in itertools.count(1):
        # After each statement: the last time only the commit is missing.
        (reject, _), killer = _early(secret, now), Killer(nth, after=True)
        with connection.execute_wrapper(killer):
            try:
                told = _retry(reject, now)
            except DatabaseError:
                told = "killed"
        if not killer.has_struck:
            break
        connection.close()
        assert told == "killed"
        assert _resolution(reject) == ("none", "")
        assert Generation.objects.count() == nth - 1
        assert _retry(reject, now) == "accepted"
        assert _resolution(reject) == ("retried", "accepted")
    # Everything that writes was hit: the lock, the ledger, the settling and its event.
    assert nth > 6
    assert Generation.objects.count() == Event.objects.filter(verb="reject.retried").count() == nth
    assert rollups_equal_the_ledger()
    assert _agrees(secret, now, accepted=0)


def test_of_many_that_retry_it_at_once_one_counts_and_settles_it(
    secret: KeySecret, now: datetime, together: Together
) -> None:
    for counted in range(1, ROUNDS + 1):
        reject, _ = _early(secret, now)
        assert sorted(together(lambda _, reject=reject: _retry(reject, now))) == ["accepted", *["settled"] * 3]
        assert _resolution(reject) == ("retried", "accepted")
        assert Generation.objects.count() == counted
    assert rollups_equal_the_ledger()
    assert _agrees(secret, now, accepted=0)


def test_whether_a_retry_or_the_gateway_was_first_its_count_agrees(
    secret: KeySecret, now: datetime, together: Together
) -> None:
    accepted = 0
    for counted in range(1, ROUNDS + 1):
        reject, item = _early(secret, now)

        def send(number: int, item: Item = item, reject: RejectedGeneration = reject) -> str:
            if number % 2:
                return _retry(reject, now)
            return ledger.append(items=[item], source="gw-eu-1", gateway="gwc_test", now=now)[0]["status"]

        first, one, second, other = together(send)
        by_gateway = (first, second).count("accepted")
        assert {one, other} == {"duplicate" if by_gateway else "accepted", "settled"}
        assert _resolution(reject) == ("retried", "duplicate" if by_gateway else "accepted")
        assert Generation.objects.count() == counted
        accepted += by_gateway
    assert _agrees(secret, now, accepted=accepted)


def test_what_was_dismissed_first_is_not_counted(secret: KeySecret, now: datetime, together: Together) -> None:
    counted = 0
    for _ in range(ROUNDS):
        reject, _item = _early(secret, now)
        told = together(lambda number, reject=reject: (_dismiss if number % 2 else _retry)(reject, now))
        assert sorted(told) in (["accepted", *["settled"] * 3], ["dismissed", *["settled"] * 3])
        assert _resolution(reject)[0] == ("retried" if "accepted" in told else "dismissed")
        counted += "accepted" in told
        assert Generation.objects.count() == counted
    assert _agrees(secret, now, accepted=0)
