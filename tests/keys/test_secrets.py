import hashlib
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import secrets
from orgs import identifiers

RING = (os.urandom(32), os.urandom(32))
SCANNER = re.compile(r"axk_(live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}")


@pytest.mark.parametrize("kind", ["live", "test", "gateway"])
def test_a_credential_reads_back_as_what_it_was_made_for(kind: secrets.MadeHere) -> None:
    made = secrets.make_credential(kind)
    parsed = secrets.parse(made.text)
    assert parsed is not None
    assert (parsed.kind, parsed.public_id, parsed.digest) == (kind, made.public_id, made.digest)


def test_a_customers_credential_matches_the_scanners_pattern() -> None:
    assert SCANNER.fullmatch(secrets.make_credential("live").text)


def test_the_checksum_is_that_of_the_design() -> None:
    # CRC-32 of "123456789" is 0xCBF43926, its check value in every table of CRCs.
    assert secrets.checksum("123456789") == "3jZRME"


@given(position=st.integers(0, 59), letter=st.characters(codec="ascii"))
def test_one_wrong_letter_is_noticed(position: int, letter: str) -> None:
    text = secrets.make_credential("live").text
    wrong = text[:position] + letter + text[position + 1 :]
    assert wrong == text or secrets.parse(wrong) is None


@given(st.text(max_size=80))
def test_whatever_comes_is_read_without_an_error(text: str) -> None:
    assert secrets.parse(text) is None


@pytest.mark.parametrize("text", ["", "axk_live_", "axk_live_" + "a" * 5000, "axk_líve_8f3KQ2mZr01B_" + "0" * 38])
def test_what_is_not_of_our_format_is_none(text: str) -> None:
    assert secrets.parse(text) is None


def test_a_sealed_digest_opens_with_the_ring_and_its_own_row_alone() -> None:
    ring_id, sealed = secrets.seal(b"d" * 32, public_id="8f3KQ2mZr01B", ring=RING)
    assert secrets.unseal(sealed, ring_id=ring_id, public_id="8f3KQ2mZr01B", ring=RING) == b"d" * 32
    with pytest.raises(secrets.UnsealError):
        secrets.unseal(sealed, ring_id=ring_id, public_id="another12345", ring=RING)
    with pytest.raises(secrets.UnsealError):
        secrets.unseal(sealed, ring_id=ring_id + 1, public_id="8f3KQ2mZr01B", ring=RING)


def test_a_new_first_key_leaves_old_rows_readable() -> None:
    ring_id, sealed = secrets.seal(b"d" * 32, public_id="8f3KQ2mZr01B", ring=RING)
    newer = (os.urandom(32), *RING)
    assert secrets.unseal(sealed, ring_id=ring_id, public_id="8f3KQ2mZr01B", ring=newer) == b"d" * 32
    assert secrets.seal(b"d" * 32, public_id="8f3KQ2mZr01B", ring=newer)[0] != ring_id


def test_what_is_sealed_under_a_new_key_opens_when_the_old_one_is_dropped() -> None:
    newer = (os.urandom(32), *RING)
    ring_id, sealed = secrets.seal(b"d" * 32, public_id="8f3KQ2mZr01B", ring=newer)
    assert secrets.unseal(sealed, ring_id=ring_id, public_id="8f3KQ2mZr01B", ring=newer[:1]) == b"d" * 32
    with pytest.raises(secrets.UnsealError):
        secrets.unseal(sealed, ring_id=ring_id, public_id="8f3KQ2mZr01B", ring=RING)


@pytest.mark.parametrize("place", [1, 2])
def test_a_number_that_counted_the_place_in_the_ring_still_opens(place: int) -> None:
    _, sealed = secrets.seal(b"d" * 32, public_id="8f3KQ2mZr01B", ring=RING)
    assert secrets.unseal(sealed, ring_id=place, public_id="8f3KQ2mZr01B", ring=RING) == b"d" * 32


@given(st.binary(min_size=32, max_size=32))
def test_a_keys_number_is_none_of_a_place_and_fits_its_column(key: bytes) -> None:
    assert secrets.LOWEST_NUMBER <= secrets.key_number(key) < 2**15


def test_two_credentials_share_nothing() -> None:
    made = [secrets.make_credential("live") for _ in range(200)]
    assert len({each.public_id for each in made}) == len({each.text for each in made}) == 200


def test_the_secret_does_not_show_in_a_traceback() -> None:
    made = secrets.make_credential("live")
    assert made.text not in repr(made)


def test_an_imported_credential_is_read_by_what_it_begins_with() -> None:
    parsed = secrets.parse_imported("sk_studio_abc123", ["other_", "sk_studio_"])
    assert parsed is not None
    assert (parsed.kind, parsed.digest) == ("imported", hashlib.sha256(b"sk_studio_abc123").digest())
    assert parsed.public_id == secrets.imported_public_id(parsed.digest)


@pytest.mark.parametrize(
    "text", ["", "sk_other_1", "sk_studio_a b", "sk_studio_\x00", "sk_studio_é", "sk_studio_" * 60]
)
def test_what_begins_otherwise_is_over_long_or_invisible_is_none(text: str) -> None:
    assert secrets.parse_imported(text, ["sk_studio_"]) is None


def test_without_imports_nothing_is_imported() -> None:
    assert secrets.parse_imported("sk_studio_abc123", []) is None


@given(st.binary(min_size=32, max_size=32))
def test_an_imported_public_id_is_the_first_twelve_digits_of_the_hash_in_base62(digest: bytes) -> None:
    number, digits = int.from_bytes(digest, "big"), ""
    for _ in range(43):
        number, digit = divmod(number, 62)
        digits = identifiers.ALPHABET[digit] + digits
    assert (number, secrets.imported_public_id(digest)) == (0, digits[:12])
