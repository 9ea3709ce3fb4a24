"""Asking for what follows a change confirms it, for this credential and source."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keys import feed, tasks
from keys.models import FeedConfirmation, FeedReader
from orgs.models import Change, Organization
from tests.gateway.changes.conftest import Reader, announced, announced_ago, forget
from tests.gateway.test_metrics import sample


def confirmed(source: str = "gw-1") -> list[int]:
    """The steps of a source that are written down."""
    steps = FeedConfirmation.objects.filter(reader__source=source).order_by("seq")
    return list(steps.values_list("seq", flat=True))


def test_asking_confirms_what_came_before(reader: Reader, studio: Organization) -> None:
    seq = announced(studio)
    reader.read(after=seq, source="gw-1")
    row = FeedReader.objects.get()
    assert (row.credential_id, row.source, row.seq) == (reader.row.pk, "gw-1", seq)
    assert confirmed() == [seq]


def test_what_was_told_is_not_confirmed_before_the_next_question(reader: Reader, studio: Organization) -> None:
    before = announced(studio)
    reader.read(after=before, source="gw-1")
    seq = announced(studio)
    assert reader.read(after=before, source="gw-1")["next"] == seq
    assert (FeedReader.objects.get().seq, confirmed()) == (before, [before])


def test_asking_again_is_heard_and_writes_no_further_step(reader: Reader, studio: Organization) -> None:
    seq = announced(studio)
    reader.read(after=seq, source="gw-1")
    first = FeedReader.objects.get().polled_at
    reader.read(after=seq, source="gw-1")
    assert FeedReader.objects.get().polled_at > first
    assert confirmed() == [seq]


def test_each_source_and_each_credential_confirms_for_itself(reader: Reader, studio: Organization) -> None:
    first, second = announced(studio), announced(studio)
    other = Reader()
    reader.read(after=first, source="gw-1")
    reader.read(after=second, source="gw-2")
    other.read(after=second, source="gw-1")
    found = FeedReader.objects.values_list("credential_id", "source", "seq")
    assert set(found) == {
        (reader.row.pk, "gw-1", first),
        (reader.row.pk, "gw-2", second),
        (other.row.pk, "gw-1", second),
    }


def test_without_a_source_nothing_is_confirmed(reader: Reader, studio: Organization) -> None:
    reader.read(after=announced(studio))
    assert not FeedReader.objects.exists()


def test_the_head_confirms_nothing(reader: Reader, studio: Organization) -> None:
    announced(studio)
    reader.read(source="gw-1")
    assert not FeedReader.objects.exists()


def test_a_mistake_confirms_nothing(reader: Reader, studio: Organization) -> None:
    head = announced(studio)
    for query in ({"after": head + 1}, {"after": head, "limit": 0}):
        assert reader.ask(source="gw-1", **query).status_code == 400
    assert not FeedReader.objects.exists()


def test_who_begins_again_lower_is_behind_again(reader: Reader, studio: Organization) -> None:
    first, second, third = (announced(studio) for _ in range(3))
    for after in (first, third):
        reader.read(after=after, source="gw-1")
    at = FeedConfirmation.objects.get(seq=third).at
    reader.read(after=second, source="gw-1")
    assert FeedReader.objects.get().seq == second
    # The third is taken back; up to the second it stays confirmed as long as it was.
    assert confirmed() == [first, second]
    assert FeedConfirmation.objects.get(seq=second).at == at
    reader.read(after=third, source="gw-1")
    assert FeedConfirmation.objects.get(seq=third).at > at


def test_a_gateway_that_lost_its_place_is_seen_where_it_is(reader: Reader, studio: Organization) -> None:
    lost = announced_ago(studio, days=9)
    announced_ago(studio, days=8), announced(studio)
    forget()
    assert reader.ask(after=lost, source="gw-1").status_code == 410
    assert FeedReader.objects.get().seq == lost


def test_a_poll_takes_two_statements_beside_its_credential(reader: Reader, studio: Organization) -> None:
    seq = announced(studio)
    reader.read(after=seq, source="gw-1")
    with CaptureQueriesContext(
        connection,
    ) as caught:
        feed.read(after=seq, limit=500)
        feed.confirm(credential=reader.row.pk, source="gw-1", seq=seq)
    assert len(caught) == 2


def test_ever_new_names_are_refused_and_hide_no_reader_that_lags(
    reader: Reader, studio: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_SOURCES", 3)
    lags, seq = announced(studio), announced(studio)
    reader.read(after=lags, source="lags")
    for number in range(2):
        reader.read(after=seq, source=f"pod-{number}")
    response = reader.ask(after=seq, source="made-up")
    assert response.status_code == 400
    assert [one["field"] for one in response.json()["errors"]] == ["source"]
    assert set(FeedReader.objects.values_list("source", "seq")) == {("lags", lags), ("pod-0", seq), ("pod-1", seq)}
    assert reader.read(after=seq, source="pod-1")["next"] == seq
    assert FeedConfirmation.objects.count() == 3


def test_a_name_that_is_silent_for_a_day_makes_room_for_a_new_one(
    reader: Reader, studio: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_SOURCES", 3)
    seq = announced(studio)
    for name in ("gone", "gone longer", "here"):
        reader.read(after=seq, source=name)
    day = timedelta(days=1)
    FeedReader.objects.filter(source="gone").update(polled_at=timezone.now() - day)
    FeedReader.objects.filter(source="gone longer").update(polled_at=timezone.now() - 2 * day)
    reader.read(after=seq, source="new")
    assert set(FeedReader.objects.values_list("source", flat=True)) == {"gone", "here", "new"}
    assert FeedConfirmation.objects.count() == 3


def test_how_long_confirming_took_is_measured(reader: Reader, studio: Organization) -> None:
    name = "axis_feed_confirmation_seconds_count"
    reader.read(after=announced(studio), source="gw-1")
    before = sample(name, environment="production")
    seq = announced(studio)
    reader.read(after=seq, source="gw-1")
    reader.read(after=seq, source="gw-1")
    assert sample(name, environment="production") == before + 1


def test_what_is_older_than_a_week_is_forgotten_but_each_readers_newest_step(
    reader: Reader, studio: Organization
) -> None:
    steps = [announced(studio) for _ in range(3)]
    for after in steps:
        reader.read(after=after, source="gw-1")
    FeedConfirmation.objects.update(at=timezone.now() - timedelta(days=8))
    tasks.forget_feed()
    assert confirmed() == steps[-1:]


def test_a_reader_that_has_not_asked_for_days_is_forgotten(reader: Reader, studio: Organization) -> None:
    for source, days in (("gone", 4), ("resting", 2)):
        reader.read(after=announced(studio), source=source)
        FeedReader.objects.filter(source=source).update(polled_at=timezone.now() - timedelta(days=days))
    tasks.forget_feed()
    tasks.forget_feed()
    assert [row.source for row in FeedReader.objects.all()] == ["resting"]
    assert confirmed("gone") == []


def test_the_feed_forgets_by_the_sweep(reader: Reader, studio: Organization) -> None:
    old = announced_ago(studio, days=8)
    announced(studio)
    tasks.forget_feed()
    assert not Change.objects.filter(seq=old).exists()
