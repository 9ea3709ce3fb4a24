"""New numbers of a limit take effect with the next call, and refill nothing."""

from keys.limits.limiter import Limiter
from tests.keys.limits import examples

NOW_US = 1_800_000_000_000_000


def test_an_organizations_own_limit_goes_on_counting_where_the_plans_stood(limiter: Limiter) -> None:
    of_plan, of_organization = examples.rate(burst=3), examples.rate(burst=3, owner="organization")
    for _ in range(3):
        limiter.spend(examples.call(of_plan), now_us=NOW_US)
    assert limiter.spend(examples.call(of_organization), now_us=NOW_US).state == "refused"


def test_a_raised_limit_does_not_wait_for_the_debt_of_the_old_one(limiter: Limiter) -> None:
    slow, fast = examples.rate(1, 60, 5), examples.rate(600, 60, 5)
    for _ in range(5):
        limiter.spend(examples.call(slow), now_us=NOW_US)
    assert limiter.spend(examples.call(fast), now_us=NOW_US).state == "refused"
    assert limiter.spend(examples.call(fast), now_us=NOW_US + 100_000).state == "admitted"


def test_a_lowered_burst_holds_at_once(limiter: Limiter) -> None:
    limiter.spend(examples.call(examples.rate(burst=10)), now_us=NOW_US)
    outcome = limiter.spend(examples.call(examples.rate(burst=1)), now_us=NOW_US)
    assert outcome.state == "refused"
    assert outcome.standings[0].retry_us == 1_000_000


def test_two_keys_have_their_own_counters_and_share_the_organizations(limiter: Limiter) -> None:
    of_key, of_plan = examples.rate(burst=1, owner="key"), examples.rate(burst=2)
    states = [limiter.spend(examples.call(of_key, of_plan, key=key), now_us=NOW_US).state for key in (1, 2, 3)]
    assert states == ["admitted", "admitted", "refused"]


def test_two_organizations_share_nothing(limiter: Limiter) -> None:
    limit = examples.rate(burst=1)
    states = [limiter.spend(examples.call(limit, organization=one), now_us=NOW_US).state for one in (1, 2)]
    assert states == ["admitted", "admitted"]
