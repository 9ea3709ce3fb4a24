"""What a limit refused, told on the page of the refusal: each kind of limit in words of its own."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from keys import explaining, refusals
from keys.limits import pools
from keys.models import KeySecret, Refusal
from orgs.models import Reservation, Staff
from tests.capacity import a_pool, a_reservation
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway
from tests.gateway.leases.conftest import jobs, quota
from tests.gateway.validate.test_pilot_cap import started

LISBON = ZoneInfo("Europe/Lisbon")


@pytest.fixture(autouse=True)
def nothing_known_of_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pools are read anew by each test."""
    monkeypatch.setattr(pools, "pools", pools.Pools())


@pytest.fixture
def secret(db: None) -> KeySecret:
    """The live secret of a customer in Lisbon."""
    made: KeySecret = SecretFactory(key__organization__time_zone=str(LISBON))
    return made


@dataclass
class Told:
    """What the page says: the sentence to copy, the row that failed, and all of it."""

    sentence: str
    failed: str
    whole: str


@pytest.fixture
def told(calling: Gateway, key_admin: Staff, browser_of: Callable[..., Client]) -> Callable[..., Told]:
    """Call until one is refused with this code, and open that refusal."""

    def call(code: str, secret: KeySecret, *, admitted: int, units: int = 1) -> Told:
        codes = [calling.validate(secret, units=units)["code"] for _ in range(admitted + 1)]
        assert codes == ["VALID"] * admitted + [code]
        refusals.flush()
        row = Refusal.objects.get(code=code)
        answer = browser_of(key_admin).get(f"/refusals/{row.pk}/")
        whole = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text)))
        # A long one takes more lines, instead of being cut off.
        assert answer.text.count('class="wrap" data-label="What it saw"') == len(answer.context["course"])
        [failed] = [one.saw for one in answer.context["course"] if one.passed is False]
        assert failed in whole
        assert answer.context["sentence"] in whole
        return Told(answer.context["sentence"], failed, whole)

    return call


def midnight() -> str:
    tomorrow = datetime.now(LISBON) + timedelta(days=1)
    return f"{tomorrow:%-d %b %Y} 00:00 {tomorrow.replace(hour=0):%Z}"


def assert_makes_sense(page: Told) -> None:
    assert "None" not in page.failed
    assert "burst" not in page.sentence
    assert "fewer units" not in page.sentence


def test_running_jobs(told: Callable[..., Told], secret: KeySecret) -> None:
    jobs(secret, 2)
    page = told("CONCURRENCY_LIMITED", secret, admitted=2)
    said = "jobs (organization): 2 of 2 jobs were running; it passes when one ends"
    assert page.failed.startswith(f"{said}; ")
    assert f"What we saw: {said}. {explaining.ADVICE['CONCURRENCY_LIMITED']}." in page.sentence  # type: ignore[index]
    assert_makes_sense(page)


@pytest.mark.parametrize("dimension", ["generations", "requests"])
def test_a_quota_of_the_day(told: Callable[..., Told], secret: KeySecret, dimension: str) -> None:
    quota(secret, 3, dimension=dimension)
    page = told("QUOTA_EXCEEDED", secret, admitted=3)
    said = f"day (organization): 3 of 3 {dimension} of the day were used; it begins anew on {midnight()}"
    assert f"What we saw: {said}. Wait for the next period" in page.sentence
    assert_makes_sense(page)


def test_a_quota_of_cost_units_says_what_the_call_takes(told: Callable[..., Told], secret: KeySecret) -> None:
    quota(secret, 10, dimension="units")
    page = told("QUOTA_EXCEEDED", secret, admitted=2, units=4)
    said = "day (organization): 8 of 10 cost units of the day were used, and the call takes 4; it begins anew on"
    assert f"What we saw: {said} {midnight()}." in page.sentence
    assert_makes_sense(page)


def test_a_call_larger_than_its_quota_is_not_told_to_wait(told: Callable[..., Told], secret: KeySecret) -> None:
    quota(secret, 3, dimension="units")
    page = told("QUOTA_EXCEEDED", secret, admitted=0, units=4)
    assert "the call takes 4, and 3 cost units of the day are allowed: it never passes" in page.sentence
    assert page.sentence.endswith(f"{explaining.LARGER_THAN_QUOTA}.")


def test_the_cap_of_a_term(told: Callable[..., Told], db: None) -> None:
    pilot = started(generation_cap=2)
    page = told("QUOTA_EXCEEDED", SecretFactory(key__organization=pilot.organization), admitted=2)
    ends = pilot.ends_at.astimezone(pilot.organization.zone)
    assert (
        f"2 of 2 generations of the whole term were used; the term ends on {ends:%-d %b %Y %H:%M %Z}" in page.sentence
    )
    assert page.sentence.endswith(f"{explaining.LARGER_QUOTA}.")
    assert_makes_sense(page)


def test_a_reservation_that_refuses_what_is_beyond_it(told: Callable[..., Told], secret: KeySecret) -> None:
    pool = a_pool(capacity=2)
    a_reservation(pool, units=1, organization=secret.key.organization, overflow=Reservation.Overflow.REFUSE)
    page = told("CONCURRENCY_LIMITED", secret, admitted=4)
    assert f"{pool.code} (reservation): 4 of 4 reserved jobs were running; it passes when one ends." in page.sentence
    assert_makes_sense(page)


def test_that_no_room_was_left_is_our_fault(told: Callable[..., Told], secret: KeySecret) -> None:
    pool = a_pool(capacity=1)
    page = told("CAPACITY_EXHAUSTED", secret, admitted=4)
    assert page.failed == f"our fault: no shared room was left in {pool.code}"
    assert f"What we saw: {page.failed}. Try again later; this was on our side" in page.sentence
    assert_makes_sense(page)


def test_who_has_reserved_is_told_of_the_pools_where_they_may_run(told: Callable[..., Told], secret: KeySecret) -> None:
    a_pool("elsewhere", capacity=1)
    a_reservation(a_pool("mine", capacity=1), units=1, organization=secret.key.organization)
    assert told("CAPACITY_EXHAUSTED", secret, admitted=4).failed == "our fault: no shared room was left in mine"


def test_the_sentence_names_what_failed_and_the_table_what_had_room_too(
    told: Callable[..., Told], secret: KeySecret
) -> None:
    RuleFactory(organization=secret.key.organization, name="roomy", period_s=3_600, limit=500, burst=50)
    RuleFactory(organization=secret.key.organization, name="tight", limit=1, burst=1)
    page = told("RATE_LIMITED", secret, admitted=1)
    assert page.failed.startswith("tight (organization): 0 of burst 1 left, next in ")
    assert "roomy (organization): 49 of burst 50 left" in page.failed
    assert "roomy" not in page.sentence
    assert "tight (organization)" in page.sentence


def test_of_many_that_failed_the_verdict_s_own_is_named_first(told: Callable[..., Told], secret: KeySecret) -> None:
    jobs(secret, 1)
    quota(secret, 1)
    page = told("QUOTA_EXCEEDED", secret, admitted=1)
    assert page.failed.startswith("day (organization): 1 of 1 generations of the day were used; it begins anew on ")
    assert "; jobs (organization): 1 of 1 jobs were running; it passes when one ends" in page.sentence
