"""How much of a whole period a part of it is, and that boundaries are counted from the anchor that was agreed."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering import periods
from metering.periods import Span, Terms

ZONES = ["Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"]
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("anchor", range(1, 32))
def test_over_five_years_every_boundary_is_counted_from_the_original_anchor(anchor: int, zone: str) -> None:
    terms = Terms(anchor, ZoneInfo(zone), SINCE)
    tiles = list(periods.between(SINCE, SINCE + timedelta(days=5 * 366), terms))
    first = tiles[1].start.astimezone(terms.zone)
    for n, tile in enumerate(tiles[1:]):
        month = first.year * 12 + first.month - 1 + n
        assert tile.start == periods.boundary(month, anchor_day=anchor, zone=terms.zone)
        assert periods.share(tile, terms) == 1


@settings(max_examples=60)
@given(
    anchor=st.integers(1, 31),
    zone=st.sampled_from(ZONES),
    day=st.integers(0, 5 * 365),
    cuts=st.sets(st.fractions(0, 1), max_size=4),
)
def test_the_parts_of_a_period_add_up_to_the_whole(anchor: int, zone: str, day: int, cuts: set[Fraction]) -> None:
    terms = Terms(anchor, ZoneInfo(zone), SINCE - timedelta(days=62))
    whole = periods.containing(SINCE + timedelta(days=day), terms)
    assert whole is not None
    seconds = (whole.end - whole.start).total_seconds()
    inner = [whole.start + timedelta(seconds=int(seconds * cut)) for cut in sorted(cuts)]
    edges = [whole.start, *inner, whole.end]
    parts = [Span(start, end) for start, end in pairwise(edges) if start < end]
    assert sum(periods.share(part, terms) for part in parts) == 1


def test_a_contract_that_begins_or_ends_inside_a_period_has_a_part_of_it() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    cut = datetime(2026, 10, 11, tzinfo=zone)
    before = Terms(1, zone, SINCE, cut)
    after = Terms(1, zone, cut)
    parts = [
        periods.containing(datetime(2026, 10, 5, tzinfo=UTC), before),
        periods.containing(datetime(2026, 10, 20, tzinfo=UTC), after),
    ]
    shares = [periods.share(part, before) for part in parts if part]
    assert shares == [Fraction(10, 31), Fraction(21, 31)]


def test_a_day_belongs_to_the_part_in_which_it_begins() -> None:
    zone = ZoneInfo("UTC")
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    assert periods.share(Span(datetime(2026, 11, 1, tzinfo=UTC), noon), Terms(1, zone, SINCE)) == Fraction(3, 30)
    assert periods.share(Span(noon, datetime(2026, 12, 1, tzinfo=UTC)), Terms(1, zone, SINCE)) == Fraction(27, 30)
