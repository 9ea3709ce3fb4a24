"""The sweep: due periods go on, what is in the way stays, and whoever is killed is followed by the next."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from audit import trail
from audit.models import Event
from metering import advancing, lifecycle, tasks
from metering.models import BillingPeriod, Statement
from tests.metering.closing.given import NOW, OCTOBER, a_contract, counted, in_review, period_of, set_state

pytestmark = pytest.mark.django_db


def _sweep(now: Any = NOW) -> int:
    return sum(advancing.advance(ids, now=now) for ids in advancing.due(now=now))


def _states() -> dict[str, str]:
    return dict(BillingPeriod.objects.order_by("span").values_list("label", "state"))


def test_everything_due_goes_as_far_as_it_can() -> None:
    a_contract()
    assert _sweep(NOW) == 0
    # All were found long after their end, so that each has its whole window before it.
    assert _states() == {"2026-08": "review", "2026-09": "review", "2026-10": "review", "2026-11": "open"}
    assert _sweep(NOW + timedelta(days=5)) == 3
    assert _states() == {"2026-08": "final", "2026-09": "final", "2026-10": "final", "2026-11": "open"}
    assert Statement.objects.count() == 3


def test_it_acts_as_the_system_and_once() -> None:
    in_review(a_contract(since=OCTOBER))
    assert (_sweep(), _sweep()) == (1, 0)
    assert Statement.objects.count() == 1
    assert set(Event.objects.filter(verb__startswith="period.").values_list("actor_label", flat=True)) == {"Axis Admin"}


@pytest.mark.parametrize(
    "in_the_way", [{"held_at": NOW, "held_by": "Bea", "hold_reason": "x"}, {"review_until": NOW + timedelta(1)}]
)
def test_what_is_not_due_is_not_looked_at(in_the_way: dict[str, Any]) -> None:
    set_state(in_review(a_contract(since=OCTOBER)), "review", **in_the_way)
    assert list(advancing.due(now=NOW)) == []


def test_what_differs_stays_and_keeps_nobody_else() -> None:
    waiting = in_review(a_contract(since=OCTOBER))
    counted(waiting, 5)
    in_review(a_contract(since=OCTOBER))
    assert _sweep() == 1
    waiting.refresh_from_db()
    assert waiting.state == "review"


def _refuses(**arguments: Any) -> None:
    raise ValidationError("Something has changed.")


@pytest.fixture
def by_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is as it was found: each period takes one step after the other."""
    monkeypatch.setattr(lifecycle, "close_together", _refuses)


def test_an_error_with_one_is_not_the_others_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    _fail_for_one("begin_review", monkeypatch)
    assert _sweep(NOW) + _sweep(NOW + timedelta(days=6)) == 1


@pytest.mark.parametrize("step", ["begin_closing", "finish_closing"])
def test_nor_is_one_of_a_step(step: str, by_steps: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _fail_for_one(step, monkeypatch)
    assert _sweep(NOW) + _sweep(NOW + timedelta(days=6)) == 1


def _fail_for_one(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two organizations have a period that is due; with the first one the step goes wrong."""
    broken = a_contract(since=OCTOBER)
    a_contract(since=OCTOBER)
    right: Callable[..., Any] = getattr(lifecycle, step)

    def fails(*, period: BillingPeriod, **arguments: Any) -> Any:
        if period.organization_id == broken.organization_id:
            raise LookupError(step)
        return right(period=period, **arguments)

    monkeypatch.setattr(lifecycle, step, fails)


class Killed(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize("dies_at", range(2))
def test_a_worker_that_is_killed_is_followed_by_the_next(dies_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each time that something is recorded of two periods: what is committed is whole."""
    _die_and_be_followed(dies_at, monkeypatch)


@pytest.mark.parametrize("dies_at", range(6))
def test_so_it_is_between_the_steps(dies_at: int, by_steps: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each step of two periods, and within the last one."""
    _die_and_be_followed(dies_at, monkeypatch)


def _die_and_be_followed(dies_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        in_review(a_contract(since=OCTOBER))
    calls = iter(range(100))

    def dying(door: Callable[..., Any]) -> Callable[..., Any]:
        def dies(*arguments: Any, **said: Any) -> Any:
            if next(calls) == dies_at:
                raise Killed
            return door(*arguments, **said)

        return dies

    with monkeypatch.context() as patched:
        for name in ("record", "record_many"):
            patched.setattr(trail, name, dying(getattr(trail, name)))
        with pytest.raises(Killed):
            _sweep()
    finals = BillingPeriod.objects.filter(state="final")
    assert Statement.objects.count() == finals.count()
    _sweep()
    assert finals.count() == Statement.objects.count() == 2
    assert set(Statement.objects.values_list("sequence", flat=True)) == {1}


def test_the_task_gives_parts_to_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[int]] = []
    monkeypatch.setattr(advancing, "AT_ONCE", 2)
    monkeypatch.setattr(tasks.advance_some, "delay", given.append)
    periods = [in_review(a_contract(since=OCTOBER)).pk for _ in range(3)]
    with time_machine.travel(NOW, tick=False):
        tasks.advance_periods()
        assert given == [periods[:2], periods[2:]]
        for ids in given:
            tasks.advance_some(ids)
    assert BillingPeriod.objects.filter(state="final").count() == 3


def _close(*arguments: str) -> str:
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("close_period", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_closes_now_and_says_what_it_issued() -> None:
    october = in_review(a_contract(), until=NOW + timedelta(days=3))
    said = _close(f"{october.organization.uid}/2026-10", "--reason", "month end", "--ticket", "FIN-1")
    assert said.endswith(f"is final: statement {Statement.objects.get().number}, €0.00.\n")
    event = Event.objects.get(verb="period.closing_begun")
    assert (event.actor_type, event.reason, event.ticket) == ("cli", "month end", "FIN-1")
    with pytest.raises(CommandError, match="is final already"):
        _close(f"{october.organization.slug}/2026-10", "--reason", "month end")


def test_the_command_says_what_is_in_the_way_and_overrides_it_when_told() -> None:
    october = period_of(a_contract())
    counted(october, 5)
    path = f"{october.organization.uid}/2026-10"
    with pytest.raises(CommandError, match="Gateway counts differ in 1 hour"):
        _close(path, "--reason", "month end")
    assert "is final" in _close(path, "--reason", "counted by hand", "--override")
    assert Event.objects.get(verb="period.overridden").reason == "counted by hand"


@pytest.mark.parametrize("path", ["nobody/2026-10", "2026-10", ""])
def test_the_command_knows_no_other_period(path: str) -> None:
    with pytest.raises(CommandError, match="There is no billing period"):
        _close(path, "--reason", "month end")


def test_the_command_closes_nothing_that_runs() -> None:
    november = period_of(a_contract(), "2026-11")
    with pytest.raises(CommandError, match="is still running"):
        _close(f"{november.organization.uid}/2026-11", "--reason", "month end")
