"""An export is made step by step, each row once, whatever happens to its worker."""

import csv
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import OperationalError
from django.utils import timezone

from audit.models import Event
from keys.models import KeySecret
from metering import actions
from metering.exporting import ending, running, sources
from metering.models import Export, ExportChunk
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.factories import RoleAssignmentFactory, record_fixture
from tests.metering.conftest import Report, generation, midday
from tests.metering.exporting.conftest import Ask, content, lines, made, write

pytestmark = pytest.mark.django_db


def _ids(export: Export) -> list[str]:
    return [row["Generation id"] for row in csv.DictReader(lines(export))]


def test_every_generation_is_a_line(ask: Ask, live: KeySecret, now: datetime, time_machine: Any) -> None:
    write(live, 12, since=midday(now, days=2))
    export = made(ask(), time_machine)
    rows = list(csv.DictReader(lines(export)))
    assert (export.state, export.rows, len(rows)) == ("done", 12, 12)
    assert rows[0]["Organization"] == "Halide & Sons"
    assert rows[0]["Key id"] == live.key.uid
    assert sum(int(row["Cost units"]) for row in rows) == 24
    assert export.percent == 100
    assert export.expires_at == export.finished_at + ending.KEPT  # type: ignore[operator]


def test_the_table_is_what_the_page_counts(ask: Ask, live: KeySecret, now: datetime, time_machine: Any) -> None:
    write(live, 5, since=midday(now, days=2))
    write(live, 3, since=midday(now, days=1), outcome="failed", units=1)
    export = made(ask(what="table", format="ndjson"), time_machine)
    rows = [orjson.loads(line) for line in content(export).splitlines()]
    assert {row["outcome"]: row["generations"] for row in rows} == {"succeeded": 5, "failed": 3}
    assert {row["key"] for row in rows} == {live.key.uid}


def test_a_file_without_rows_has_its_headings(ask: Ask, halide: Organization, time_machine: Any) -> None:
    export = made(ask(), time_machine)
    assert (export.state, export.rows) == ("done", 0)
    assert lines(export)[0].startswith("Kind,Generation id,")


@pytest.mark.usefixtures("pages_of_ten")
def test_a_worker_that_dies_leaves_no_gap_and_no_double(
    ask: Ask, live: KeySecret, now: datetime, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(live, 35, since=midday(now, days=2))
    export = ask()
    time_machine.move_to(export.as_of + timedelta(seconds=9))
    _dies_at_the_third_batch(monkeypatch)
    with pytest.raises(OperationalError):
        running.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.rows) == ("running", 20)
    assert not running.due(now=timezone.now()).exists()
    monkeypatch.undo()
    time_machine.move_to(timezone.now() + running.LEASE + timedelta(seconds=1))
    assert list(running.due(now=timezone.now())) == [export]
    running.run(export.pk)
    export.refresh_from_db()
    assert export.state == "done"
    assert len(_ids(export)) == len(set(_ids(export))) == 35
    assert _ids(export) == sorted(_ids(export))


def _dies_at_the_third_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    write_batch, seen = running._write, []

    def write_or_die(export: Any, source: Any, batch: Any) -> bool:
        seen.append(batch)
        if len(seen) == 3:
            raise OperationalError("the worker was killed")
        return write_batch(export, source, batch)

    monkeypatch.setattr(running, "_write", write_or_die)


@pytest.mark.usefixtures("pages_of_ten")
@pytest.mark.parametrize("format", ["csv", "ndjson", "xlsx"])
def test_a_file_made_in_many_turns_is_the_one_made_in_one(
    format: str, ask: Ask, live: KeySecret, now: datetime, time_machine: Any
) -> None:
    write(live, 25, since=midday(now, days=2))
    at_once = ask(format=format)
    time_machine.move_to(at_once.as_of + timedelta(seconds=9), tick=False)
    assert running.run(at_once.pk) is False
    in_turns = ask(format=format)
    time_machine.move_to(in_turns.as_of + timedelta(seconds=9), tick=False)
    turns = 1
    while running.run(in_turns.pk, seconds=0):
        turns += 1
    assert turns == 4
    at_once.refresh_from_db()
    in_turns.refresh_from_db()
    assert content(at_once) == content(in_turns)


@pytest.mark.usefixtures("pages_of_ten")
def test_a_table_is_read_anew_by_the_next_worker(
    ask: Ask, live: KeySecret, now: datetime, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(25):
        write(live, 1, since=midday(now, days=2), resolution=f"{n}K")
    export = ask(what="table")
    time_machine.move_to(export.as_of + timedelta(seconds=9))
    _dies_at_the_third_batch(monkeypatch)
    with pytest.raises(OperationalError):
        running.run(export.pk)
    monkeypatch.undo()
    time_machine.move_to(timezone.now() + running.LEASE + timedelta(seconds=1))
    running.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.rows, len(lines(export))) == ("done", 25, 26)


def test_what_is_reported_after_it_was_asked_for_is_not_in_it(
    ask: Ask, live: KeySecret, report: Report, now: datetime, time_machine: Any
) -> None:
    early = generation(live, now - timedelta(hours=2))
    report(early)
    export = ask()
    late = generation(live, now - timedelta(hours=1))
    report(late, at=export.as_of + timedelta(milliseconds=1))
    assert _ids(made(export, time_machine)) == [early["generation_id"]]


def test_nobody_begins_before_what_was_reported_is_settled(ask: Ask, halide: Organization) -> None:
    export = ask()
    assert not running.due(now=export.as_of).exists()
    assert running.due(now=export.as_of + running.SETTLING).exists()


def test_two_workers_do_not_share_it(ask: Ask, halide: Organization, time_machine: Any) -> None:
    export = ask()
    time_machine.move_to(export.as_of + timedelta(seconds=9))
    assert running._claim(export.pk) is not None
    assert running._claim(export.pk) is None
    assert running.run(export.pk) is False


def test_what_ends_its_worker_each_time_is_broken_off(ask: Ask, halide: Organization, time_machine: Any) -> None:
    export = ask()
    for _ in range(running.MOST_CLAIMS):
        time_machine.move_to(timezone.now() + running.LEASE + timedelta(seconds=9))
        assert running._claim(export.pk) is not None
    time_machine.move_to(timezone.now() + running.LEASE + timedelta(seconds=9))
    assert running.run(export.pk) is False
    export.refresh_from_db()
    assert (export.state, export.sentence) == ("failed", running.BROKEN)


def test_an_error_of_ours_breaks_it_off_at_once(
    ask: Ask, live: KeySecret, now: datetime, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(live, 1, since=midday(now, days=1))

    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sources.Generations, "batches", broken)
    export = made(ask(), time_machine)
    assert (export.state, export.sentence, export.lease) == ("failed", running.BROKEN, None)


@pytest.mark.usefixtures("pages_of_ten")
def test_it_can_be_stopped_between_two_batches(ask: Ask, live: KeySecret, now: datetime, time_machine: Any) -> None:
    write(live, 25, since=midday(now, days=2))
    export = ask()
    time_machine.move_to(export.as_of + timedelta(seconds=9))
    assert running.run(export.pk, seconds=0) is True
    actions.cancel_export(export=export, actor=ACTOR)
    assert running.run(export.pk) is False
    export.refresh_from_db()
    assert export.state == "cancelled"
    assert not ExportChunk.objects.filter(export=export).exists()


def test_whoever_lost_an_organization_gets_nothing_of_it(
    ask: Ask, account_manager: Staff, her_organization: Organization, time_machine: Any
) -> None:
    from tests.factories import SecretFactory

    write(SecretFactory(key__organization=her_organization), 3, since=timezone.now() - timedelta(days=1))
    export = ask(owner=account_manager)
    assert export.organizations == [her_organization.pk]
    her_organization.account_manager = None
    her_organization.save(update_fields=["account_manager"])
    record_fixture(her_organization.uid)
    export = made(export, time_machine)
    assert (export.state, export.rows) == ("failed", 0)
    assert "no longer see" in export.sentence


def test_what_is_seen_only_later_is_not_in_it(
    ask: Ask, stranger: Staff, live: KeySecret, hers: KeySecret, now: datetime, time_machine: Any
) -> None:
    RoleAssignmentFactory(user=stranger, role="viewer", organization=live.key.organization)
    write(live, 2, since=midday(now, days=1))
    write(hers, 3, since=midday(now, days=1))
    export = ask(owner=Staff.objects.get(pk=stranger.pk))
    RoleAssignmentFactory(user=stranger, role="viewer", organization=hers.key.organization)
    assert made(export, time_machine).rows == 2


def test_start_and_end_are_recorded(ask: Ask, halide: Organization, time_machine: Any) -> None:
    export = made(ask(), time_machine)
    started, finished = Event.objects.filter(target_id=export.uid).order_by("id")
    assert (started.verb, started.actor_id, started.detail["filter"]) == ("export.started", ACTOR.id, "range=30d")
    assert (finished.verb, finished.actor_id, finished.parent) == ("export.finished", "system", started.pk)


def test_a_person_has_a_few_at_once(ask: Ask, halide: Organization) -> None:
    from django.core.exceptions import ValidationError

    from metering.exporting import asking

    for _ in range(asking.MOST_AT_ONCE):
        ask()
    with pytest.raises(ValidationError, match="are being made"):
        ask()


def test_it_is_removed_after_its_time(ask: Ask, halide: Organization, time_machine: Any) -> None:
    export = made(ask(), time_machine)
    assert export.expires_at is not None
    early = export.expires_at - timedelta(seconds=1)
    assert actions.forget_exports(actor=ACTOR, now=early) == 0
    assert actions.forget_exports(actor=ACTOR, now=export.expires_at) == 1
    assert not Export.objects.exists()
    assert not ExportChunk.objects.exists()
    assert Event.objects.filter(verb="export.removed", target_id=export.uid).exists()
