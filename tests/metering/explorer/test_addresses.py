from urllib.parse import parse_qsl

from metering.explorer import addresses

STRANGE = [("org", 'a&b="<c> ü+/?#'), ("key", ""), ("org", "%26"), ("ratio", "16:9")]


def _read(address: str) -> list[tuple[str, str]]:
    return parse_qsl(address, keep_blank_values=True, strict_parsing=True)


def test_an_address_says_what_was_put_into_it_whatever_stands_in_it() -> None:
    assert _read(addresses.joined(addresses.written(STRANGE), (), STRANGE)) == [*STRANGE, *STRANGE]


def test_what_is_dropped_is_in_no_address_and_what_is_added_stands_at_its_end() -> None:
    written = addresses.written(STRANGE)
    added = [("org", "b&c"), ("by", "key")]
    assert _read(addresses.joined(written, ("org",), added)) == [("key", ""), ("ratio", "16:9"), *added]
    assert addresses.joined(written, ("org", "key"), ()) == "ratio=16%3A9"


def test_an_address_that_says_nothing_is_empty() -> None:
    assert addresses.joined([], (), ()) == ""
    assert addresses.joined(addresses.written(STRANGE), {"org", "key", "ratio"}, ()) == ""
