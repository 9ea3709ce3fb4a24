"""What a pilot has to show, as people write it, and how far it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import criteria
from keys.criteria import Criterion, Kind, Measured


@pytest.mark.parametrize(
    ("line", "kind", "goal"),
    [
        ("2,000 generations", Kind.GENERATIONS, 2_000),
        ("at least 1 generation", Kind.GENERATIONS, 1),
        ("p95 under 12 s", Kind.LATENCY, 12_000),
        ("p95 below 840 ms", Kind.LATENCY, 840),
        ("P95 < 2.5 s", Kind.LATENCY, 2_500),
        ("98.5 % succeed", Kind.SUCCESS, 9_850),
        ("at least 99% success rate", Kind.SUCCESS, 9_900),
        ("the art director signs off 20 key visuals", Kind.WORDS, None),
        ("generations look right", Kind.WORDS, None),
    ],
)
def test_a_line_is_read_as_what_it_says(line: str, kind: Kind, goal: int | None) -> None:
    (found,) = criteria.read(line)
    assert (found.kind, found.target) == (kind, goal)


def test_lines_are_read_in_their_order_the_same_one_once() -> None:
    text = "  2,000   generations \n\np95 under 12 s\r\n2000 generations\nThe client is happy\n"
    assert criteria.written(criteria.read(text)) == "2,000 generations\np95 under 12 s\nThe client is happy"


@pytest.mark.parametrize(
    "text", ["0 generations", "p95 under 0 s", "101 % succeed", "x" * 201, "9" * 30 + " generations"]
)
def test_what_cannot_be_reached_or_kept_is_refused(text: str) -> None:
    with pytest.raises(criteria.Unreadable):
        criteria.read(text)


def test_there_are_not_many_lines() -> None:
    with pytest.raises(criteria.Unreadable, match="At most 12"):
        criteria.read("\n".join(f"thing {number}" for number in range(13)))


GOALS = st.one_of(
    st.builds(Criterion, st.just(Kind.GENERATIONS), st.integers(1, 10**12)),
    st.builds(Criterion, st.just(Kind.LATENCY), st.integers(1, 10**6)),
    st.builds(Criterion, st.just(Kind.SUCCESS), st.integers(1, 10_000)),
)


@given(GOALS)
def test_what_is_written_reads_as_itself(criterion: Criterion) -> None:
    assert criteria.read(str(criterion)) == [criterion]


@pytest.mark.parametrize(
    ("line", "measured", "said", "is_met"),
    [
        ("2,000 generations", Measured(1_500, 20), "1,500 of 2,000", False),
        ("2,000 generations", Measured(2_000), "2,000 of 2,000", True),
        ("p95 under 12 s", Measured(5, 0, None), "nothing measured yet", False),
        ("p95 under 12 s", Measured(5, 0, 11_999), "11.999 s now", True),
        ("p95 under 12 s", Measured(5, 0, 12_000), "12 s now", False),
        ("98 % succeed", Measured(), "nothing measured yet", False),
        ("98 % succeed", Measured(98, 2), "98 % now, of 100", True),
        ("98 % succeed", Measured(979_999, 20_001), "97.99 % now, of 1,000,000", False),
    ],
)
def test_how_far_a_line_is(line: str, measured: Measured, said: str, is_met: bool) -> None:
    (criterion,) = criteria.read(line)
    found = criteria.progress(criterion, measured)
    assert (found.said, found.is_met) == (said, is_met)


def test_words_are_met_by_a_person_alone() -> None:
    (words,) = criteria.read("The client is happy")
    met, open_ = (criteria.progress(words, Measured(10**6), is_ticked=ticked) for ticked in (True, False))
    assert (met.is_met, open_.is_met) == (True, False)
    assert criteria.met([met, open_]) == "1 of 2 met"
