"""Several organizations are closed in one transaction: whole or not at all; what is in the way of one is its own."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import trail
from audit.models import Event
from metering import advancing, drafts, fences, ledger, lifecycle, papers, periods
from metering.models import BillingPeriod, Generation, Statement
from orgs.models import Contact, Notice
from tests.at_once import SECONDS, at_once
from tests.factories import SecretFactory, record_fixture
from tests.metering.closing.given import NOW, OCTOBER, a_contract, counted, in_review, set_state
from tests.metering.conftest import generation

OVERRIDE = {"override_at": NOW, "override_by": "Bea", "override_reason": "no gateway tells its counts here"}


def _billed(generations: int = 10) -> BillingPeriod:
    """A reviewed period with something to bill, and somebody to tell."""
    period = in_review(a_contract(since=OCTOBER))
    counted(period, generations)
    with transaction.atomic():
        record_fixture(period.organization.uid)
        Contact.objects.create(
            organization=period.organization, kind="billing", name="Accounts", email=f"a{period.pk}@studio.example"
        )
    return set_state(period, "review", **OVERRIDE)


def _together(some: list[BillingPeriod]) -> set[int]:
    examined = [(period, drafts.draft(period)) for period in some]
    return lifecycle.close_together(examined=examined, actor=trail.SYSTEM, now=NOW)


def _verbs(period: BillingPeriod) -> list[str]:
    events = Event.objects.filter(organization=period.organization.uid, actor_id=trail.SYSTEM.id)
    told = ("period.finished", "period.closing_begun", "statement.issued")
    return sorted(events.filter(verb__in=told).values_list("verb", flat=True))


def _states(some: list[BillingPeriod]) -> list[str]:
    found = dict(BillingPeriod.objects.filter(pk__in=[period.pk for period in some]).values_list("pk", "state"))
    return [found[period.pk] for period in some]


@pytest.mark.django_db
def test_each_has_what_it_would_have_alone() -> None:
    some = [_billed(number) for number in (10, 20, 30)]
    assert _together(some) == {period.pk for period in some}
    assert _states(some) == ["final"] * 3
    for period, generations in zip(some, (10, 20, 30), strict=True):
        statement = Statement.objects.get(period=period)
        document = json.loads(statement.document)
        assert (statement.sequence, statement.previous_sha256) == (1, "")
        assert document["customer"]["organization"] == period.organization.uid
        assert document["checks"]["ledger"] == generations
        assert [line.quantity for line in statement.lines.all()] == [generations]
        assert _verbs(period) == ["period.finished", "statement.issued"]
        notice = Notice.objects.get(organization=period.organization)
        assert (notice.email, notice.about) == (f"a{period.pk}@studio.example", f"{statement.uid}/issued")
        assert statement.number in notice.subject


@pytest.mark.django_db
def test_more_of_them_take_no_more_statements() -> None:
    few, many = [_billed() for _ in range(2)], [_billed() for _ in range(5)]
    taken = []
    for some in (few, many):
        examined = [(period, drafts.draft(period)) for period in some]
        with CaptureQueriesContext(connection) as captured:
            lifecycle.close_together(examined=examined, actor=trail.SYSTEM, now=NOW)
        taken.append(len(captured))
    assert taken[0] == taken[1]


@pytest.mark.django_db
def test_what_has_changed_stays_and_the_others_go_on() -> None:
    first, changed, last = (_billed() for _ in range(3))
    examined = [(period, drafts.draft(period)) for period in (first, changed, last)]
    counted(changed, 1, aspect_ratio="16:9")
    finals = lifecycle.close_together(examined=examined, actor=trail.SYSTEM, now=NOW)
    assert finals == {first.pk, last.pk}
    assert _states([first, changed, last]) == ["final", "review", "final"]
    assert _verbs(changed) == []
    # The sweep takes it with what it holds now.
    assert advancing.advance([first.pk, changed.pk, last.pk], now=NOW) == 1
    assert json.loads(Statement.objects.get(period=changed).document)["checks"]["ledger"] == 11


@pytest.mark.django_db
def test_nothing_stays_where_all_of_them_have_changed() -> None:
    period = _billed()
    examined = [(period, drafts.draft(period))]
    counted(period, 1, aspect_ratio="16:9")
    assert lifecycle.close_together(examined=examined, actor=trail.SYSTEM, now=NOW) == set()
    assert not Statement.objects.exists()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[BillingPeriod], None]:
    """Have the statement of one organization fail."""

    def breaks(period: BillingPeriod) -> None:
        compose = papers.compose

        def fails(**said: Any) -> dict[str, Any]:
            if said["customer"]["organization"] == period.organization.uid:
                raise LookupError(period)
            return compose(**said)

        monkeypatch.setattr(papers, "compose", fails)

    return breaks


@pytest.mark.django_db
def test_one_that_fails_in_the_middle_stops_no_other(broken: Callable[[BillingPeriod], None]) -> None:
    some = [_billed() for _ in range(3)]
    broken(some[1])
    assert advancing.advance([period.pk for period in some], now=NOW) == 2
    assert _states(some) == ["final", "closing", "final"]
    for period in (some[0], some[2]):
        assert Statement.objects.filter(period=period).count() == 1
        assert Notice.objects.filter(organization=period.organization).count() == 1
        assert _verbs(period) == ["period.finished", "statement.issued"]
    assert _verbs(some[1]) == ["period.closing_begun"]
    assert not Notice.objects.filter(organization=some[1].organization).exists()


@pytest.mark.django_db
def test_of_one_that_fails_nothing_is_left_in_the_transaction_of_all(broken: Callable[[BillingPeriod], None]) -> None:
    some = [_billed() for _ in range(3)]
    broken(some[1])
    with pytest.raises(LookupError):
        _together(some)
    assert _states(some) == ["review"] * 3
    assert not Statement.objects.exists()
    assert not Notice.objects.exists()
    assert [_verbs(period) for period in some] == [[], [], []]


@pytest.mark.django_db
def test_two_periods_of_an_organization_are_closed_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "TOGETHER", 2)
    contracts = [a_contract() for _ in range(3)]
    due = [in_review(contract, label) for contract in contracts for label in ("2026-08", "2026-09", "2026-10")]
    assert advancing.advance([period.pk for period in due], now=NOW) == 9
    for contract in contracts:
        chain = list(Statement.objects.filter(organization=contract.organization).order_by("sequence"))
        assert [statement.number[-7:] for statement in chain] == ["2026-08", "2026-09", "2026-10"]
        assert [statement.previous_sha256 for statement in chain] == ["", *(one.sha256 for one in chain[:-1])]


@pytest.mark.django_db(transaction=True)
def test_workers_with_some_of_the_same_close_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "TOGETHER", 3)
    some = [_billed() for _ in range(7)]
    ids = [period.pk for period in some]
    finals = at_once(lambda: advancing.advance(ids[:5], now=NOW), lambda: advancing.advance(ids[2:], now=NOW))
    assert sum(finals) == 7
    assert _states(some) == ["final"] * 7
    assert Statement.objects.count() == Notice.objects.count() == 7
    assert {tuple(_verbs(period)) for period in some} == {("period.finished", "statement.issued")}


def _waits() -> bool:
    """Whether somebody waits at a fence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return bool(cursor.fetchone()[0])


def _until_somebody_waits() -> None:
    tick = threading.Event()
    for _ in range(SECONDS * 100):
        if _waits():
            return
        tick.wait(0.01)
    raise AssertionError("Nobody waits.")


@pytest.fixture
def is_held() -> Iterator[threading.Event]:
    """Set once somebody holds a fence that the other shall wait at; whatever happens, nobody waits for it for ever."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.django_db(transaction=True)
def test_what_is_just_being_counted_for_one_of_them_is_seen(is_held: threading.Event) -> None:
    some = [_billed() for _ in range(3)]
    examined = [(period, drafts.draft(period)) for period in some]

    def batch() -> set[int]:
        with transaction.atomic():
            fences.share([some[1].organization_id])
            is_held.set()
            _until_somebody_waits()
            counted(some[1], 5, aspect_ratio="16:9")
        return set()

    def close() -> set[int]:
        assert is_held.wait(SECONDS)
        return lifecycle.close_together(examined=examined, actor=trail.SYSTEM, now=NOW)

    assert at_once(batch, close)[1] == {some[0].pk, some[2].pk}
    assert _states(some) == ["final", "review", "final"]


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_waits_for_one_of_them_lands_late_and_once(is_held: threading.Event) -> None:
    now = timezone.now()
    reviewed = [_last_month(now) for _ in range(2)]
    items = [
        generation(SecretFactory(key__organization=period.organization), period.span.upper - timedelta(hours=1))
        for period in reviewed
        for _ in range(3)
    ]

    def close() -> list[str]:
        with transaction.atomic():
            finals = _together_at(reviewed[1:], now)
            is_held.set()
            _until_somebody_waits()
        return [str(pk) for pk in finals]

    def report() -> list[str]:
        assert is_held.wait(SECONDS)
        told = ledger.append(items=items, source="gw-eu-1", gateway="gwc_test", now=now)
        return [str(one["status"]) for one in told]

    finals, told = at_once(close, report)
    assert finals == [str(reviewed[1].pk)]
    assert told == ["accepted"] * 3 + ["accepted_late"] * 3
    assert [Generation.objects.filter(period=period).count() for period in reviewed] == [3, 0]
    assert Generation.objects.filter(original_period=reviewed[1], late=True).count() == 3


def _together_at(some: list[BillingPeriod], now: datetime) -> set[int]:
    examined = [(period, drafts.draft(period)) for period in some]
    return lifecycle.close_together(examined=examined, actor=trail.SYSTEM, now=now)


def _last_month(now: datetime) -> BillingPeriod:
    """The period of last month, whose review window is over, and the one that runs."""
    this = periods.month_start(now, now.tzinfo)  # type: ignore[arg-type]
    last = periods.month_start(this - timedelta(days=1), now.tzinfo)  # type: ignore[arg-type]
    contract = a_contract(since=last, through=now)
    period = contract.billing_periods.order_by("span").first()
    assert period is not None
    return set_state(period, "review", review_until=now - timedelta(hours=1))
