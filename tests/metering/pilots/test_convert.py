"""A pilot is converted at one instant: all of it, or nothing."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from audit.models import Event
from keys import actions, pilot_notices
from keys.actions import pilot_records, pilot_rules
from keys.models import KeySecret, LimitRule, Pilot
from keys.pilot_limits import Agreed
from metering import contracts, period_openings, pilots
from metering.actions import convert_pilot
from metering.pilots import ContractTerms
from orgs import actions as org_actions
from orgs import changes
from orgs.actions import organizations as org_rows
from orgs.models import Change, Notice, Organization, Reservation
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.house.test_trail_failing import _contents
from tests.metering.conftest import Report, generation

DAY = timedelta(days=1)
TERMS = ContractTerms("USD", 15, 5_000)


class Broken(Exception):
    """A step could not be done."""


def test_everything_changes_at_the_same_instant(pilot: Pilot, live: KeySecret, held: Reservation) -> None:
    sandbox = SecretFactory(key__organization=pilot.organization, key__environment="test")
    moment = timezone.now() + 2 * DAY
    with time_machine.travel(moment, tick=False):
        organization = convert_pilot(pilot=pilot, actor=ACTOR, terms=TERMS, holds=[held], reason="signed", ticket="S-1")
    pilot.refresh_from_db()
    assert (pilot.state, pilot.settled_at, pilot.ends_at) == ("converted", moment, moment)
    assert (organization.status, organization.status_since, organization.plan.code) == ("active", moment, "standard")
    own = LimitRule.objects.filter(organization=organization)
    assert {rule.effective.upper for rule in own} == {moment}
    before, after = organization.contracts.order_by("effective")
    assert (before.effective.upper, after.effective.lower) == (moment, moment)
    assert (after.currency, after.anchor_day, after.included_generations) == ("USD", 15, 5_000)
    held.refresh_from_db()
    assert (held.state, held.hold_expires_at) == ("active", None)
    for secret in (live, sandbox):
        secret.key.refresh_from_db()
    assert (live.key.environment, sandbox.key.environment) == ("live", "test")


def test_periods_tile_the_time_around_it(pilot: Pilot) -> None:
    moment = timezone.now() + 2 * DAY
    with time_machine.travel(moment, tick=False):
        organization = convert_pilot(pilot=pilot, actor=ACTOR, terms=TERMS)
        period_openings.open_ahead(actor=ACTOR, now=moment)
    spans = [period.span for period in organization.billing_periods.order_by("span")]
    assert all(one.upper == other.lower for one, other in itertools.pairwise(spans))
    assert moment in {span.lower for span in spans}
    assert all(period.contract.effective.lower <= period.span.lower for period in organization.billing_periods.all())
    assert len({period.label for period in organization.billing_periods.all()}) == len(spans)


def test_the_present_contract_can_be_kept(pilot: Pilot) -> None:
    before = list(pilot.organization.billing_periods.values_list("span", "contract"))
    convert_pilot(pilot=pilot, actor=ACTOR)
    assert pilot.organization.contracts.count() == 1
    assert list(pilot.organization.billing_periods.values_list("span", "contract")) == before


def test_with_the_same_boundaries_what_was_opened_ahead_goes_over(pilot: Pilot) -> None:
    convert_pilot(pilot=pilot, actor=ACTOR, terms=ContractTerms("EUR", 1, 0))
    periods = list(pilot.organization.billing_periods.order_by("span").select_related("contract"))
    assert [period.contract.effective.upper is None for period in periods] == [False, True, True]


def test_what_comes_late_counts_in_the_period_in_which_it_happened(
    pilot: Pilot, live: KeySecret, report: Report
) -> None:
    now = timezone.now()
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    with time_machine.travel(at + DAY, tick=False):
        convert_pilot(pilot=pilot, actor=ACTOR, terms=TERMS)
        items = [generation(live, at), generation(live, at + DAY)]
        results = report(*items, at=at + DAY)
    early, late = (pilot.organization.billing_periods.get(span__contains=moment).label for moment in (at, at + DAY))
    assert [result["period"] for result in results] == [early, late]
    assert early != late


def test_it_is_told_as_one_thing_with_everything_in_it(pilot: Pilot, held: Reservation) -> None:
    convert_pilot(pilot=pilot, actor=ACTOR, terms=TERMS, holds=[held], reason="signed", ticket="S-1")
    event = Event.objects.get(verb="pilot.converted")
    assert event.changes["plan"][1].startswith("Standard")
    assert event.changes["status"] == ["pilot", "active"]
    assert event.changes["contract"][1] == str(TERMS)
    assert event.changes["reservation"][1] == [str(held)]
    assert (event.reason, event.ticket) == ("signed", "S-1")
    children = set(Event.objects.filter(parent=event.pk).values_list("verb", flat=True))
    assert {"limit.cut_short", "contract.changed", "period.split", "reservation.confirmed"} <= children
    assert {"plan.changed", "pilot.changed"} <= set(Change.objects.values_list("kind", flat=True))
    letter = Notice.objects.filter(kind="pilot_changed").latest("pk")
    assert "Standard" in letter.body
    assert "in production" in letter.subject


def test_what_stands_in_the_way_is_named_and_nothing_changes(pilot: Pilot) -> None:
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=Agreed(), lines=[], production_plan=None)
    before = _contents()
    with pytest.raises(ValidationError, match="No production plan"), transaction.atomic():
        convert_pilot(pilot=pilot, actor=ACTOR)
    assert _contents() == before


def test_a_hold_of_somebody_else_is_refused(pilot: Pilot, held: Reservation) -> None:
    other = org_actions.create_organization(actor=ACTOR, name="Other", status="active")
    theirs = org_actions.reserve(
        organization=other, pool=held.pool, actor=ACTOR, units=1, first=timezone.now().date(),
        last=timezone.now().date() + 9 * DAY, hold_until=timezone.now() + DAY,
    )  # fmt: skip
    with pytest.raises(ValidationError, match="not this organization"), transaction.atomic():
        convert_pilot(pilot=pilot, actor=ACTOR, holds=[theirs])


def test_it_is_converted_once(pilot: Pilot) -> None:
    convert_pilot(pilot=pilot, actor=ACTOR)
    with pytest.raises(ValidationError, match="not on trial"), transaction.atomic():
        convert_pilot(pilot=pilot, actor=ACTOR)


STEPS: dict[str, tuple[Any, str]] = {
    "fence": (pilots.fences, "alone"),
    "settle": (pilot_records, "settle"),
    "record": (pilot_records, "record"),
    "rules": (pilot_rules, "end_rules"),
    "status": (org_rows, "now_in"),
    "contract": (contracts, "replace_contract"),
    "split": (period_openings, "split_periods"),
    "periods": (period_openings, "open_periods"),
    "hold": (org_actions, "confirm_hold"),
    "letter": (pilot_notices, "converted"),
    "feed": (changes, "announce"),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_when_a_step_fails_nothing_is_half_done(
    step: str, when: str, pilot: Pilot, held: Reservation, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name = STEPS[step]
    done: Callable[..., Any] = getattr(module, name)
    before = _contents()

    def broken(*args: Any, **kwargs: Any) -> None:
        if when == "after":
            done(*args, **kwargs)
        raise Broken

    monkeypatch.setattr(module, name, broken)
    with pytest.raises(Broken), transaction.atomic():
        convert_pilot(pilot=pilot, actor=ACTOR, terms=TERMS, holds=[held])
    assert _contents() == before


def test_calls_pass_without_a_gap(pilot: Pilot) -> None:
    """At each instant exactly one rule holds for v2's rate: the pilot's, then the plan's."""
    convert_pilot(pilot=pilot, actor=ACTOR)
    organization = Organization.objects.get(pk=pilot.organization_id)
    pilot.refresh_from_db()
    around = [pilot.ends_at - timedelta(microseconds=1), pilot.ends_at]
    rates = LimitRule.objects.applying_to(organization).filter(kind="rate", api_version="v2")
    names = [{rule.owner for rule in rates.at(moment)} for moment in around]
    assert names == [{"organization", "plan"}, {"plan"}]


def test_a_batch_that_counts_is_waited_for(pilot: Pilot) -> None:
    with connection.cursor() as cursor:
        convert_pilot(pilot=pilot, actor=ACTOR)
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'")
        assert cursor.fetchone()[0] >= 1
