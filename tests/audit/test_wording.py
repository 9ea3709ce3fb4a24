import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import wording

KEY = "axk_live_" + "a" * 12 + "_" + "b" * 38


@pytest.mark.parametrize(
    "character",
    ["\0", "\x1b", "\x85", "\n", "\u2028", "\u2029", "\u202e", "\u2066", "\u200f", "\u061c", "\ud800"],
)
def test_controls_separators_and_bidi_marks_are_unfit(character: str) -> None:
    assert wording.is_unfit(character)
    assert wording.neutral(f"a{character}b", 10) == "a\ufffdb"


@pytest.mark.parametrize("character", ["a", "é", "\u05d0", "\u0627", "中", "👩", "\u200d", "<", "%"])
def test_letters_of_every_script_are_fit(character: str) -> None:
    assert not wording.is_unfit(character)


@given(st.text(), st.integers(1, 50))
def test_neutral_text_is_one_short_line_that_can_be_stored(text: str, longest: int) -> None:
    clean = wording.neutral(text, longest)
    assert len(clean) <= longest
    assert not any(map(wording.is_unfit, clean))
    assert clean.encode().decode() == clean


def test_a_cut_is_visible() -> None:
    assert wording.neutral("abcdef", 4) == "abc…"


def test_line_breaks_that_a_person_typed_become_spaces() -> None:
    assert wording.one_line("  why\r\n\tnot \n") == "why not"


@pytest.mark.parametrize("key", [KEY, KEY.replace("live", "test"), KEY.replace("axk_live", "axg")])
def test_a_whole_credential_is_seen_and_cut_to_its_prefix(key: str) -> None:
    assert wording.holds_credential(f"see {key}!")
    assert wording.masked(f"see {key}!") == f"see {key[:-38]}…!"


def test_a_prefix_is_no_credential() -> None:
    assert not wording.holds_credential(KEY[:-38])


def test_a_credential_across_the_cut_is_masked_before_it_is_cut() -> None:
    assert "b" not in wording.neutral(KEY, 30)
