"""The headers that a gateway copies into its answer."""

from typing import Any

from keys.limits import headers
from keys.limits.limiter import Standing
from tests.keys.limits.examples import rate


def standing(remaining: int = 19, reset_us: int = 500_000, retry_us: int | None = 0, **fields: Any) -> Standing:
    limit = rate(**{"limit": 120, "period_s": 60, "burst": 20, "name": "v2-minute", **fields})
    return Standing(limit, retry_us != 0, remaining, reset_us, retry_us)


def test_they_read_as_in_the_contract() -> None:
    assert headers.of([standing()]) == {
        "RateLimit-Policy": '"v2-minute";q=120;w=60',
        "RateLimit": '"v2-minute";r=19;t=1',
    }


def test_the_most_constrained_limit_comes_first() -> None:
    found = headers.of([standing(remaining=19, name="wide"), standing(remaining=2, name="narrow")])
    assert found["RateLimit-Policy"] == '"narrow";q=120;w=60, "wide";q=120;w=60'
    assert found["RateLimit"] == '"narrow";r=2;t=1, "wide";r=19;t=1'


def test_a_refusal_says_when_to_come_back_the_same_in_both() -> None:
    found = headers.of([standing(remaining=0, reset_us=9_000_000, retry_us=2_100_000)])
    assert found["Retry-After"] == "3"
    assert found["RateLimit"] == '"v2-minute";r=0;t=3'


def test_the_longest_wait_counts() -> None:
    found = headers.of([standing(retry_us=400_000), standing(retry_us=61_000_000, name="key")])
    assert found["Retry-After"] == "61"


def test_where_waiting_does_not_help_there_is_no_retry_after() -> None:
    assert "Retry-After" not in headers.of([standing(retry_us=400_000), standing(retry_us=None)])


def test_limits_that_only_warn_are_not_told() -> None:
    assert headers.of([standing(mode="warn", retry_us=5)]) == {}


def test_names_are_quoted_as_structured_fields_demand() -> None:
    assert headers.of([standing(name='a"b\\c é')])["RateLimit"] == '"a\\"b\\\\c ?";r=19;t=1'
