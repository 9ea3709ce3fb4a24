"""Addresses that share most of what they say: each pair is written once, and put together often. Pure."""

from collections.abc import Container, Iterable, Sequence
from urllib.parse import urlencode

Pair = tuple[str, str]


def written(pairs: Iterable[Pair]) -> list[Pair]:
    """Return each pair's name, and how the pair stands in an address."""
    return [(name, urlencode([(name, value)])) for name, value in pairs]


def joined(pairs: Iterable[Pair], drop: Container[str], add: Sequence[Pair]) -> str:
    """Return written pairs as one address, without those named in `drop` and with `add`, which is yet to be written."""
    kept = [text for name, text in pairs if name not in drop]
    return "&".join([*kept, urlencode(add)] if add else kept)
