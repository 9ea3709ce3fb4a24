"""What a change would have refused in the last day: from what was counted, by caller."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from keys import dry_run
from keys.models import KeySecret, SecretUse
from orgs.models import Organization, Staff
from tests.factories import SecretFactory, SecretHourFactory

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOON = NOW.replace(minute=0)


@pytest.fixture
def secret(db: None) -> KeySecret:
    made: KeySecret = SecretFactory(key__name="prod")
    return made


def test_pausing_would_have_refused_every_admitted_call_of_the_last_day(secret: KeySecret) -> None:
    SecretHourFactory(secret=secret, hour=NOON, admitted=3, refused=9)
    SecretHourFactory(secret=secret, hour=NOON - 24 * HOUR, admitted=4)
    SecretHourFactory(secret=secret, hour=NOON - 25 * HOUR, admitted=100)
    SecretHourFactory(secret=secret, hour=NOON, address="198.51.100.1", admitted=0, refused=5)
    SecretHourFactory(hour=NOON, admitted=100)
    run = dry_run.of_pausing(secret.key, NOW)
    assert (run.calls, run.callers_in_all, run.last_hour) == (7, 1, NOON)
    assert run.sentence == "Pausing prod would have refused 7 calls of 1 caller since 21 Nov, 12:00 UTC"
    assert [(one.address, one.agent, one.api_versions, one.calls) for one in run.callers] == [
        ("203.0.113.7", "studio/1.2", "v2", 7)
    ]


def test_a_caller_is_an_address_with_an_agent_whichever_versions_it_calls(secret: KeySecret) -> None:
    SecretHourFactory(secret=secret, hour=NOON, admitted=3, api_version="v2")
    SecretHourFactory(secret=secret, hour=NOON, admitted=4, api_version="v1")
    SecretHourFactory(secret=secret, hour=NOON, admitted=1, user_agent="curl/8")
    run = dry_run.of_pausing(secret.key, NOW)
    assert [(one.agent, one.api_versions, one.calls) for one in run.callers] == [
        ("studio/1.2", "v1, v2", 7),
        ("curl/8", "v2", 1),
    ]
    assert (run.callers_in_all, "8 calls of 2 callers" in run.sentence) == (2, True)


def test_a_key_that_nobody_uses_can_be_paused_without_harm(secret: KeySecret) -> None:
    run = dry_run.of_pausing(secret.key, NOW)
    assert (run.calls, run.callers, run.last_hour) == (0, [], None)
    assert run.sentence == "Pausing prod would have refused nothing since 21 Nov, 12:00 UTC"


@pytest.mark.parametrize(
    ("networks", "refused"),
    [
        (["203.0.113.0/24"], {"198.51.100.1", "2001:db8::1", None}),
        (["203.0.113.7"], {"198.51.100.1", "2001:db8::1", None}),
        (["2001:db8::/32", "198.51.100.0/24"], {"203.0.113.7", None}),
        (["::ffff:203.0.113.0/120"], {"198.51.100.1", "2001:db8::1", None}),
        (["0.0.0.0/0", "::/0"], {None}),
        ([], set()),
    ],
)
def test_a_narrower_list_would_have_refused_who_calls_from_elsewhere(
    secret: KeySecret, networks: list[str], refused: set[str | None]
) -> None:
    for address in ("203.0.113.7", "198.51.100.1", "2001:db8::1", None):
        SecretHourFactory(secret=secret, hour=NOON, address=address)
    run = dry_run.of_networks(secret.key, networks, NOW)
    assert {caller.address for caller in run.callers} == refused
    assert run.calls == 10 * len(refused)


def test_a_text_that_is_no_network_is_refused(secret: KeySecret) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        dry_run.of_networks(secret.key, ["nowhere"], NOW)


def test_ending_the_overlap_would_have_refused_the_old_secret_alone(secret: KeySecret) -> None:
    old = SecretFactory(key=secret.key, state="overlap")
    SecretHourFactory(secret=secret, hour=NOON, admitted=50)
    SecretHourFactory(secret=old, hour=NOON - HOUR, admitted=2, address="198.51.100.1")
    run = dry_run.of_ending_overlap(secret.key, NOW)
    assert (run.calls, [caller.address for caller in run.callers]) == (2, ["198.51.100.1"])


def test_without_an_overlap_its_end_would_have_refused_nothing(secret: KeySecret) -> None:
    SecretHourFactory(secret=secret, hour=NOON)
    assert dry_run.of_ending_overlap(secret.key, NOW).calls == 0


def test_the_last_caller_is_told_to_the_second_and_others_to_the_hour(secret: KeySecret) -> None:
    last = NOW - timedelta(minutes=3)
    who = {"address": "203.0.113.7", "user_agent": "studio/1.2", "api_version": "v2"}
    SecretUse.objects.create(secret=secret, first_used_at=last, last_used_at=last, **who)
    SecretHourFactory(secret=secret, hour=NOON)
    SecretHourFactory(secret=secret, hour=NOON, address="198.51.100.1")
    run = dry_run.of_pausing(secret.key, NOW)
    assert {caller.address: caller.last_at for caller in run.callers} == {"203.0.113.7": last, "198.51.100.1": None}


def test_the_busiest_callers_are_listed_and_all_are_counted(secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "MOST_CALLERS", 2)
    for n in range(4):
        SecretHourFactory(secret=secret, hour=NOON, address=f"203.0.113.{n}", admitted=n + 1)
    run = dry_run.of_pausing(secret.key, NOW)
    assert ([one.calls for one in run.callers], run.calls, run.callers_in_all, run.more) == ([4, 3], 10, 4, 2)


@pytest.fixture
def mina(account_manager: Staff, browser_of: Callable[..., Client]) -> Client:
    return browser_of(account_manager)


@pytest.fixture
def hers(her_organization: Organization) -> KeySecret:
    made: KeySecret = SecretFactory(key__organization=her_organization, key__name="prod")
    SecretHourFactory(secret=made, admitted=4)
    SecretHourFactory(secret=made, admitted=3, address="198.51.100.1")
    return made


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ({}, 7),
        ({"change": "pause"}, 7),
        ({"change": "networks", "networks": "203.0.113.0/24, 2001:db8::/32"}, 3),
        ({"change": "networks", "networks": ""}, 0),
        ({"change": "overlap"}, 0),
    ],
)
def test_the_page_answers_what_its_address_asks(
    query: dict[str, str], calls: int, mina: Client, hers: KeySecret
) -> None:
    answer = mina.get(f"/keys/{hers.key.uid}/dry-run/", query)
    assert answer.status_code == 200
    assert answer.context["run"].calls == calls
    assert answer.context["run"].sentence in answer.content.decode()
    assert ("198.51.100.1" in answer.content.decode()) == bool(calls)


@pytest.mark.parametrize("query", [{"change": "networks", "networks": "10.0.0.0/99 x"}, {"change": "explode"}])
def test_what_makes_no_sense_is_named(query: dict[str, str], mina: Client, hers: KeySecret) -> None:
    answer = mina.get(f"/keys/{hers.key.uid}/dry-run/", query)
    assert answer.status_code == 422
    assert answer.context["run"] is None
    assert "Nothing was counted" in answer.content.decode()


def test_asking_changes_nothing(mina: Client, hers: KeySecret) -> None:
    before = type(hers.key).objects.values().get(pk=hers.key_id)
    for change in ("pause", "networks", "overlap"):
        mina.get(f"/keys/{hers.key.uid}/dry-run/", {"change": change, "networks": "10.0.0.0/8"})
    assert type(hers.key).objects.values().get(pk=hers.key_id) == before
