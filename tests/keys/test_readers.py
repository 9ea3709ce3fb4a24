"""Which gateways are current, lagging or silent, where staff see it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from keys import feed, readers
from keys.gateways import GatewayCredential
from keys.models import FeedReader
from keys.readers import State, Tally
from orgs.models import Change, ChangeHead, Organization, Staff
from tests.factories import GatewayFactory, OrganizationFactory

Browser = Callable[..., Client]


@pytest.fixture
def studio(db: None) -> Organization:
    made: Organization = OrganizationFactory()
    ChangeHead.objects.create(seq=0)
    return made


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


def changed(studio: Organization, **length: float) -> int:
    """Write a change that was announced so long ago."""
    seq = ChangeHead.objects.get().seq + 1
    ChangeHead.objects.update(seq=seq)
    Change.objects.create(seq=seq, at=ago(**length), kind="key.changed", organization=studio, version=1)
    return seq


def reading(source: str, seq: int, *, polled: float = 0, **fields: object) -> GatewayCredential:
    """A gateway that has confirmed up to `seq`, and asked so many seconds ago."""
    credential: GatewayCredential = GatewayFactory(**fields)
    feed.confirm(credential=credential.pk, source=source, seq=seq)
    FeedReader.objects.filter(credential=credential).update(polled_at=ago(seconds=polled))
    return credential


def state(source: str) -> State:
    (found,) = (reader for reader in readers.readers() if reader.source == source)
    return found.state(at=timezone.now())


def test_who_has_confirmed_the_head_is_current(studio: Organization) -> None:
    reading("gw-1", changed(studio, hours=1))
    assert state("gw-1") == State.CURRENT


def test_who_is_behind_for_ten_seconds_is_not_lagging_yet(studio: Organization) -> None:
    reading("gw-1", changed(studio, hours=1))
    changed(studio, seconds=8)
    assert state("gw-1") == State.CURRENT


def test_more_than_ten_seconds_behind_is_lagging_by_the_oldest_that_it_lacks(studio: Organization) -> None:
    reading("gw-1", changed(studio, hours=1))
    changed(studio, seconds=14), changed(studio, seconds=1)
    (reader,) = readers.readers()
    assert (reader.state(at=timezone.now()), reader.behind) == (State.LAGGING, 2)
    assert 14 <= reader.lag(at=timezone.now()).total_seconds() < 30


def test_a_minute_without_a_question_is_silent_also_at_the_head(studio: Organization) -> None:
    reading("gw-1", changed(studio, hours=1), polled=61)
    assert state("gw-1") == State.SILENT


def test_who_lacks_what_was_forgotten_lags_however_young_the_feed_is(studio: Organization) -> None:
    ChangeHead.objects.update(seq=5)
    reading("gw-1", 2)
    changed(studio, seconds=1)
    assert state("gw-1") == State.LAGGING


@pytest.mark.parametrize("ended", [{"revoked_at": ago(hours=1)}, {"expires_at": ago(hours=1)}])
def test_a_credential_that_has_ended_has_no_readers(studio: Organization, ended: dict[str, datetime]) -> None:
    reading("gw-1", changed(studio, hours=1), **ended)
    assert readers.readers() == []


def test_the_tally_counts_production_alone(studio: Organization) -> None:
    first, head = changed(studio, hours=1), changed(studio, seconds=30)
    reading("gw-1", head)
    reading("gw-2", first)
    reading("gw-3", head, polled=300)
    reading("gw-stage", first, environment="staging")
    tally = readers.tally()
    assert (tally.current, [source for source, _ in tally.lagging], tally.silent) == (1, ["gw-2"], 1)
    assert tally.words == "1 of 2, 1 silent"


def test_without_gateways_the_tally_says_nothing(studio: Organization) -> None:
    assert (readers.tally().words, readers.tally().is_well) == ("", True)


def test_the_tally_is_counted_once_a_second(django_assert_num_queries: Callable[[int], object], db: None) -> None:
    clock = [100.0]
    kept = readers.Kept(clock=lambda: clock[0])
    with django_assert_num_queries(1):
        kept.tally(), kept.tally()
    clock[0] += readers.KEPT_S
    with django_assert_num_queries(1):
        kept.tally()


def test_a_page_warns_of_a_production_gateway_that_lags(
    studio: Organization, key_admin: Staff, account_manager: Staff, browser_of: Browser
) -> None:
    reading("gw-lisbon", changed(studio, hours=1))
    changed(studio, seconds=24)
    warned = browser_of(key_admin).get("/keys/").content.decode()
    assert "gw-lisbon is 2" in warned
    assert "0 of 1 current" in warned
    assert 'href="/gateways/"' in warned
    # Which one it is, and the page about it, is not for everybody.
    warned = browser_of(account_manager).get("/keys/").content.decode()
    assert "A production gateway is 2" in warned
    assert "gw-lisbon" not in warned
    assert 'href="/gateways/"' not in warned


@pytest.mark.parametrize("fields", [{"environment": "staging"}, {"polled": 300}])
def test_nobody_is_warned_of_staging_or_of_a_silent_one(
    studio: Organization, key_admin: Staff, browser_of: Browser, fields: dict[str, object]
) -> None:
    reading("gw-lisbon", changed(studio, hours=1), **fields)
    changed(studio, seconds=24)
    assert "behind" not in browser_of(key_admin).get("/keys/").content.decode()


def test_the_gateways_page_shows_how_each_reads(studio: Organization, key_admin: Staff, browser_of: Browser) -> None:
    first, head = changed(studio, hours=1), changed(studio, seconds=30)
    reading("gw-1", head)
    lagging = reading("gw-2", first)
    reading("gw-mute", head, polled=300)
    text = browser_of(key_admin).get("/gateways/").content.decode()
    for word in ("gw-1", "gw-2", "gw-mute", "Current", "Lagging", "Silent", f"{first}", f"{head}"):
        assert word in text
    of_one = browser_of(key_admin).get(f"/gateways/{lagging.uid}/").content.decode()
    assert "1 change</td>" in of_one
    assert "behind for 3" in of_one
    assert "gw-mute" not in of_one


def test_many_that_lag_are_not_all_named() -> None:
    from axis_admin import shell

    tally = Tally(lagging=[(f"gw-{number}", timedelta(seconds=20 + number)) for number in range(5)])
    assert shell._warning(tally, True) == "gw-0, gw-1, gw-2 and 2 more are 24 s behind"
    assert shell._warning(tally, False) == "5 production gateways are 24 s behind"


def test_reading_the_readers_is_one_statement(
    studio: Organization, django_assert_num_queries: Callable[[int], object]
) -> None:
    for number in range(4):
        reading(f"gw-{number}", changed(studio, hours=1))
    with django_assert_num_queries(1):
        readers.readers()


def test_of_many_readers_the_page_shows_some_below_the_credentials_and_the_others_on_demand(
    studio: Organization, key_admin: Staff, browser_of: Browser
) -> None:
    seq = changed(studio, hours=1)
    for number in range(8):
        reading(f"gw-{number}", seq)
    browser = browser_of(key_admin)
    page = browser.get("/gateways/").text
    assert page.index("Who follows the change feed") < page.index("<h2>Credentials")
    reading("gw-silent", seq, polled=300)
    answer = browser.get("/gateways/")
    assert answer.text.index("Who follows the change feed") > answer.text.index("<h2>Credentials")
    assert [len(answer.context["reading"]), answer.context["reading"][0][0].source] == [8, "gw-silent"]
    assert "1 more" in answer.text
    whole = browser.get("/gateways/?all=1")
    assert (len(whole.context["reading"]), "more</a>" in whole.text) == (9, False)
