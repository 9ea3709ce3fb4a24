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


@pytest.mark.parametrize("key", [KEY, KEY.replace("live", "test"), KEY.replace("axk_live", "axg")])
@pytest.mark.parametrize("underscore", ["_", "%5F", "%5f", "%255F"])
@pytest.mark.parametrize("digits", [8, 32, 37, 38, 60])
def test_a_secret_without_its_end_or_written_for_an_address_is_one_all_the_same(
    key: str, underscore: str, digits: int
) -> None:
    prefix = key[:-39].replace("_", underscore)
    text = f"see {prefix}{underscore}{'b' * digits}!"
    assert wording.holds_credential(text)
    assert wording.masked(text) == f"see {prefix}{underscore}…!"
    assert wording.prefixes(text) == f"see {prefix}!"


def of_others(text: str, *begins: str) -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wording, "_registered", [lambda ask: frozenset(begins)])
        return wording.masked_all(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer sk_studio_0a1B2c3D", "Bearer sk_studio_…"),
        ("sk_studio_0a1B2c3D, sk_studio_1a1B2c3D", "sk_studio_…, sk_studio_…"),
        ("https://example.com/?t=sk_studio_0a1B2c3D&n=1", "https://example.com/?t=sk_studio_…&n=1"),
        ("t%3Dsk%5Fstudio%5f0a1B2c3D", "t%3Dsk%5Fstudio%5f…"),
        ("my_sk_studio_0a1B2c3D", "my_sk_studio_…"),
        ("task_studio_0a1B2c3D", "task_studio_0a1B2c3D"),
        ("sk_studio_ and key-short", "sk_studio_ and key-short"),
        ("key-0a1B2c3D4e", "key-…"),
        ("key_0123456789abcd", "key_0123456789abcd"),
        ("key_0123456789abcde", "key_…"),
    ],
)
def test_what_begins_like_a_credential_made_elsewhere_is_cut_to_that(text: str, shown: str) -> None:
    assert of_others(text, "sk_studio_", "sk_", "key_", "key-") == shown
    assert of_others(text) == text
