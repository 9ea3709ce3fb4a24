"""A period's way to final: step by step, each with its event, and nothing is undone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from audit import trail
from audit.models import Event
from metering import lifecycle
from metering.models import ContractPrice, ControlTotal, PeriodSource, SourceCompletion, Statement
from tests.metering.closing.given import NOW, a_contract, counted, in_review, period_of, set_state

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def _verbs(label: str = "2026-10") -> list[str]:
    told = Event.objects.filter(target_label=label, target_type="period").exclude(verb="period.opened")
    return list(told.order_by("id").values_list("verb", flat=True))


def test_all_the_way_by_the_clock(actor: trail.Actor) -> None:
    october = period_of(a_contract())
    end = october.span.upper
    october = lifecycle.begin_review(period=october, actor=actor, now=end)
    assert (october.state, october.review_until) == ("review", end + timedelta(days=5))
    october = lifecycle.begin_closing(period=october, actor=actor, now=end + timedelta(days=5))
    assert october.state == "closing"
    october = lifecycle.finish_closing(period=october, actor=actor, now=NOW)
    assert (october.state, october.finished_at) == ("final", NOW)
    assert Statement.objects.get().period == october
    assert _verbs() == ["period.review_begun", "period.closing_begun", "period.finished"]


def test_the_end_says_which_statement_it_has(actor: trail.Actor) -> None:
    october = in_review(a_contract())
    counted(october, 1_000)
    ControlTotal.objects.create(
        source="gw-eu-1", organization=october.organization, api_version="v2", succeeded=1_000, gateway="gwc_1",
        hour=october.span.lower + timedelta(days=3, hours=9), received_at=NOW,
    )  # fmt: skip
    lifecycle.finish_period(period=october, actor=actor, now=NOW, reason="month end")
    statement = Statement.objects.get()
    event = Event.objects.get(verb="period.finished")
    assert (event.detail["statement"], event.detail["total"]) == (statement.number, "€14.00")
    assert statement.total == Decimal(14)


def test_a_period_that_runs_is_not_reviewed(actor: trail.Actor) -> None:
    october = period_of(a_contract())
    with pytest.raises(ValidationError, match="is still running"):
        lifecycle.begin_review(period=october, actor=actor, now=october.span.upper - SECOND)
    assert period_of(october.contract).state == "open"


@pytest.mark.parametrize("state", ["review", "closing", "final"])
def test_a_review_begins_once(actor: trail.Actor, state: str) -> None:
    october = set_state(period_of(a_contract()), state)
    with pytest.raises(ValidationError, match=r"is in review|is closing|is final"):
        lifecycle.begin_review(period=october, actor=actor, now=NOW)


@pytest.mark.parametrize("state", ["open", "closing", "final"])
def test_only_a_reviewed_period_is_closed(actor: trail.Actor, state: str) -> None:
    october = set_state(period_of(a_contract()), state)
    with pytest.raises(ValidationError):
        lifecycle.begin_closing(period=october, actor=actor, now=NOW)


@pytest.mark.parametrize("state", ["open", "review", "final"])
def test_only_a_closing_period_gets_a_statement(actor: trail.Actor, state: str) -> None:
    october = set_state(period_of(a_contract()), state)
    with pytest.raises(ValidationError):
        lifecycle.finish_closing(period=october, actor=actor, now=NOW)
    assert not Statement.objects.exists()


def test_before_the_window_ends_a_person_gives_a_reason(actor: trail.Actor) -> None:
    october = in_review(a_contract(), until=NOW + SECOND)
    with pytest.raises(ValidationError, match="Review window ends 9 Nov 2026, 12:00"):
        lifecycle.begin_closing(period=october, actor=actor, now=NOW)
    with pytest.raises(trail.ReasonRequired):
        lifecycle.begin_closing(period=october, actor=actor, now=NOW, early=True, reason=" ")
    lifecycle.begin_closing(period=october, actor=actor, now=NOW, early=True, reason="the customer agreed")
    assert Event.objects.get(verb="period.closing_begun").reason == "the customer agreed"


def test_what_is_held_waits_until_it_is_released(actor: trail.Actor) -> None:
    october = in_review(a_contract())
    held = lifecycle.hold_period(period=october, actor=actor, now=NOW, reason="a dispute", ticket="SUP-1")
    assert (held.held_at, held.held_by, held.hold_reason) == (NOW, "Dana Test", "a dispute")
    with pytest.raises(ValidationError, match="Held: a dispute"):
        lifecycle.begin_closing(period=october, actor=actor, now=NOW)
    with pytest.raises(ValidationError, match="is held already"):
        lifecycle.hold_period(period=october, actor=actor, now=NOW, reason="again")
    released = lifecycle.release_period(period=october, actor=actor)
    assert (released.held_at, released.held_by, released.hold_reason) == (None, "", "")
    with pytest.raises(ValidationError, match="is not held"):
        lifecycle.release_period(period=october, actor=actor)
    assert _verbs() == ["period.held", "period.released"]


@pytest.mark.parametrize("state", ["closing", "final"])
def test_what_is_closing_is_not_held(actor: trail.Actor, state: str) -> None:
    october = set_state(period_of(a_contract()), state)
    with pytest.raises(ValidationError, match=r"is closing|is final"):
        lifecycle.hold_period(period=october, actor=actor, now=NOW, reason="a dispute")


def test_a_hold_has_a_reason(actor: trail.Actor) -> None:
    with pytest.raises(trail.ReasonRequired):
        lifecycle.hold_period(period=in_review(a_contract()), actor=actor, now=NOW, reason="")


def test_counts_that_differ_are_in_the_way_until_somebody_overrides_them(actor: trail.Actor) -> None:
    october = in_review(a_contract())
    counted(october, 10)
    with pytest.raises(ValidationError, match="Gateway counts differ in 1 hour"):
        lifecycle.begin_closing(period=october, actor=actor, now=NOW)
    lifecycle.override_agreement(period=october, actor=actor, now=NOW, reason="counted by hand")
    event = Event.objects.get(verb="period.overridden")
    assert event.detail["blockers"] == "Gateway counts differ in 1 hour"
    assert lifecycle.begin_closing(period=october, actor=actor, now=NOW).override_reason == "counted by hand"


def test_a_gateway_that_is_behind_is_in_the_way(actor: trail.Actor) -> None:
    october = in_review(a_contract())
    PeriodSource.objects.create(period=october, source="gw-eu-1")
    through = october.span.upper - SECOND
    known = SourceCompletion.objects.create(source="gw-eu-1", complete_through=through, gateway="g", seen_at=NOW)
    with pytest.raises(ValidationError, match="gw-eu-1 has not told all counts"):
        lifecycle.begin_closing(period=october, actor=actor, now=NOW)
    SourceCompletion.objects.filter(pk=known.pk).update(complete_through=october.span.upper)
    lifecycle.begin_closing(period=october, actor=actor, now=NOW)


def test_usage_without_a_price_is_in_the_way(actor: trail.Actor) -> None:
    contract = a_contract(prices=[])
    assert not ContractPrice.objects.exists()
    october = in_review(contract)
    counted(october, 10, units=10)
    with pytest.raises(ValidationError, match="No price for v2 generations, 2K"):
        lifecycle.begin_closing(period=october, actor=actor, now=NOW)


def test_there_must_be_something_to_override(actor: trail.Actor) -> None:
    october = in_review(a_contract())
    with pytest.raises(ValidationError, match="can be overridden"):
        lifecycle.override_agreement(period=october, actor=actor, now=NOW, reason="to be sure")
    running = period_of(october.contract, "2026-11")
    with pytest.raises(ValidationError, match="is still running"):
        lifecycle.override_agreement(period=running, actor=actor, now=NOW, reason="to be sure")


def test_a_person_takes_an_ended_period_all_the_way(actor: trail.Actor) -> None:
    october = period_of(a_contract())
    assert lifecycle.finish_period(period=october, actor=actor, now=NOW, reason="month end").state == "final"
    assert _verbs() == ["period.review_begun", "period.closing_begun", "period.finished"]


def test_final_is_final(actor: trail.Actor) -> None:
    october = in_review(a_contract())
    lifecycle.finish_period(period=october, actor=actor, now=NOW, reason="month end")
    with pytest.raises(ValidationError, match="is final"):
        lifecycle.finish_period(period=october, actor=actor, now=NOW, reason="once more")
    assert Statement.objects.count() == 1
