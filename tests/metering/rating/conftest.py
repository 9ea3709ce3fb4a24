"""Terms and usage of every kind, small enough to be counted unit by unit."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from metering.rating import Price, Quantity, SlaCredit, Terms, Tier

VERSIONS = ("v1", "v2")
RESOLUTIONS = ("", "1K", "2K", "4K", "8K")
prices = st.integers(0, 2_000_000).map(lambda digits: Decimal(digits).scaleb(-6))
amounts = st.integers(1, 500_000).map(lambda digits: Decimal(digits).scaleb(-4))
shares = st.fractions(Fraction(1, 31), 1, max_denominator=31)


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    """A flat price, or tiers that rise to one without an end."""
    ends = sorted(draw(st.sets(st.integers(1, 60), max_size=3)))
    return tuple(Tier(end, draw(prices)) for end in [*ends, None])


@st.composite
def price_lists(draw: st.DrawFn) -> tuple[Price, ...]:
    """Lines in any order; some versions and resolutions have none."""
    found = []
    for version in VERSIONS:
        left = draw(st.lists(st.sampled_from(RESOLUTIONS), unique=True))
        cut = draw(st.integers(0, len(left)))
        slots = [tuple(left[:cut]), tuple(left[cut:]), *draw(st.sampled_from([[], [()]]))]
        found += [Price(f"{version} {slot}", version, slot, draw(tiers())) for slot in dict.fromkeys(slots)]
    return tuple(draw(st.permutations(found)))


@st.composite
def agreed(draw: st.DrawFn) -> Terms:
    """Any terms."""
    return Terms(
        number=draw(st.integers(1, 9)),
        currency=draw(st.sampled_from(["EUR", "JPY", "KWD"])),
        anchor_day=1,
        time_zone="Asia/Kathmandu",
        included_generations=draw(st.integers(0, 60)),
        prices=draw(price_lists()),
        minimum_amount=draw(st.none() | amounts),
        capacity_fee=draw(st.none() | prices),
        sla_credits=draw(st.sampled_from([(), (SlaCredit(Decimal("99.90"), Decimal(10)),)])),
        purchase_order=draw(st.sampled_from(["", "PO 44-1180"])),
    )


@st.composite
def quantities(draw: st.DrawFn) -> Quantity:
    """Generations of one to four units each."""
    generations = draw(st.integers(0, 40))
    return Quantity(generations, draw(st.integers(generations, generations * 4)))


usages = st.dictionaries(st.tuples(st.sampled_from(VERSIONS), st.sampled_from(RESOLUTIONS)), quantities(), max_size=8)
