"""Limits are set by people: from now or later, for good or for a time, and never by nobody."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from audit.models import Event
from keys import actions
from keys.limits import seen
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from orgs.models import Change as Announced
from orgs.models import Notice, Organization
from tests.cast import ACTOR
from tests.factories import ContactFactory, KeyFactory, OrganizationFactory, SecretFactory

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
V2 = Slot("rate", api_version="v2", period_s=60)
JOBS = Slot("concurrency")
MONTH = Slot("window", dimension="generations", window="month")
WHY = {"actor": ACTOR, "reason": "a campaign", "ticket": "SUP-1"}


@pytest.fixture
def studio(db: None) -> Organization:
    return OrganizationFactory(name="Halide", plan_version__plan__code="standard")


@pytest.fixture(autouse=True)
def clock() -> time_machine.Traveller:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def rate(limit: int, **fields: object) -> Change:
    return Change(V2, limit=limit, burst=10, **fields)  # type: ignore[arg-type]


def held(studio: Organization, at: datetime, slot: Slot = V2) -> int | None:
    rule = LimitRule.objects.filter(organization=studio).about(slot).at(at).first()
    return rule.limit if rule else None


def test_a_limit_set_now_holds_from_now_on(studio: Organization) -> None:
    [rule] = actions.set_limits(organization=studio, changes=[rate(900)], **WHY)
    assert (held(studio, NOON), held(studio, NOON + 900 * DAY), held(studio, NOON - HOUR)) == (900, 900, None)
    assert rule.name == "v2-minute"
    assert not rule.is_temporary


def test_a_temporary_raise_gives_way_to_what_was_there(studio: Organization) -> None:
    actions.set_limits(organization=studio, changes=[rate(600)], **WHY)
    [rule] = actions.set_limits(organization=studio, changes=[rate(900)], ends_at=NOON + DAY, **WHY)
    assert rule.is_temporary
    assert [held(studio, NOON + n * HOUR) for n in (0, 23, 24, 25)] == [900, 900, 600, 600]
