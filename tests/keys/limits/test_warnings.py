"""What is said before a limit is saved that does not do what it seems to."""

import pytest

from keys.limits import warnings
from keys.limits.limit_changes import Change
from keys.limits.slots import Slot
from tests.factories import KeyFactory, RuleFactory
from tests.keys.limits.setting import JOBS, MONTH, V1, V2, rate

ANY = Slot("rate", period_s=60)
HOURLY = Slot("rate", api_version="v2", period_s=3_600)


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (V2, "At most 40 at one instant, and 640 in any one minute."),
        (HOURLY, "At most 40 at one instant, and 640 in any one 3,600 seconds."),
    ],
)
def test_a_burst_is_put_in_words(slot: Slot, said: str) -> None:
    assert warnings.burst_in_words(slot, 600, 40) == said


def test_a_burst_of_running_jobs_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no rate"):
        warnings.burst_in_words(JOBS, 4, 1)


def test_a_key_above_its_organization_is_named_with_both_numbers() -> None:
    said = warnings.exceeds_organization("prod", V2, rate(900), {V2: rate(600)})
    assert said == (
        "Key prod is set to 900 a minute (v2 requests), its organization to 600 a minute (v2 requests):"
        " the organization's limit holds all the same."
    )


@pytest.mark.parametrize(
    ("slot", "mine", "organization"),
    [
        (V2, rate(600), {V2: rate(600)}),
        (V2, rate(900), {}),
        (V2, rate(900), {V2: rate(600, mode="warn")}),
        (V2, rate(900), {V1: rate(600)}),
        (V2, rate(900), {JOBS: Change(JOBS, limit=4)}),
        (MONTH, Change(MONTH, limit=10), {MONTH: Change(MONTH, limit=5, overage_allowance=5)}),
    ],
)
def test_a_key_below_it_or_about_something_else_is_not(
    slot: Slot, mine: Change, organization: dict[Slot, Change]
) -> None:
    assert warnings.exceeds_organization("prod", slot, mine, organization) == ""


def test_a_limit_for_any_version_and_one_of_another_period_hold_too() -> None:
    lowest = {ANY: rate(600), HOURLY: rate(18_000)}
    said = warnings.exceeds_organization("prod", V2, rate(500), lowest)
    assert "its organization to 18,000 an hour (v2 requests)" in said


def test_all_keys_of_an_organization_are_looked_at(db: None) -> None:
    rules = [RuleFactory(key=KeyFactory(name=name), limit=limit) for name, limit in (("low", 60), ("high", 700))]
    assert ["high" in said for said in warnings.keys_above(rules, {V2: rate(600)})] == [True]


@pytest.mark.parametrize(
    ("reserved", "said"),
    [
        (None, "No capacity is reserved for it: all of 600 a minute of v2 requests"),
        (400.0, "Reserved capacity is for 400 a minute: what is beyond it of 600 a minute of v2 requests"),
    ],
)
def test_a_rate_that_nothing_backs_is_said_to_depend_on_shared_room(reserved: float | None, said: str) -> None:
    assert warnings.unbacked(V2, 600, reserved) == f"{said} depends on shared room."


def test_a_rate_that_is_reserved_is_not() -> None:
    assert warnings.unbacked(V2, 600, 600.0) == ""


def test_it_is_the_rate_a_minute_that_has_to_be_backed() -> None:
    assert warnings.unbacked(HOURLY, 6_000, 100.0) == ""
    assert warnings.unbacked(HOURLY, 6_001, 100.0)
