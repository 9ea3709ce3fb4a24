"""What a text mentions that could be ours. Pure: nobody is asked, and nothing of the text is kept but what is found.

Every pattern reads on from where it stopped, and each kind ends at so many distinct finds: a text of 5 MiB takes a
fraction of a second, whatever it holds.
"""

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keys import asks, secrets

# Beyond these a text is no longer about something; what is left out is said.
MOST_CREDENTIALS = 1_000
MOST = 200
MOST_WORDS = 1_000
MOST_TRIED = 20_000
# A text this short is taken word by word; in a longer one only what could be an id is asked about.
SHORT = 2_000
LONGEST_WORD = 255

_SEPARATORS = r"""[^\s"'`,;()<>\[\]{}|=&?\\]++"""
_PIECE = re.compile(_SEPARATORS)
_CREDENTIAL = re.compile(
    r"ax(?:k_(?:live|test)|g)_(?P<public_id>[0-9A-Za-z]{12})(?![0-9A-Za-z])(?:_(?P<rest>[0-9A-Za-z]{38}))?"
)
# Looked for at each place anew, so that none hides behind what only looks like one.
_WHOLE = re.compile(r"(?=(ax(?:k_(?:live|test)|g)_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}))ax")
_ID = re.compile(r"(?<![0-9A-Za-z])(?:key|org|gwc|lek|rsv)_[0-9A-Za-z]{14}(?![0-9A-Za-z])")
_UUID = re.compile(
    r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
)
_IPV4 = re.compile(r"(?<![0-9A-Za-z.])[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9A-Za-z])")
# At least two colons next to each other, or eight groups; whether it is an address is for the address to say.
_IPV6 = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,34}(?:\.[0-9.]{1,15})?(?![0-9A-Za-z:])")
_PUBLIC_ID = re.compile(rf"[0-9A-Za-z]{{{secrets.PUBLIC_ID_LENGTH}}}")
_EDGES = ".:!/"
_SHORTEST_ID = 8
_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, repr=False)
class Mentions:
    """What was found, each once, in the order of the text. `credentials` are whole secrets: they go nowhere else."""

    credentials: tuple[str, ...] = ()
    # Key prefixes of what has a credential's form and a wrong checksum, and of what stands without its secret.
    misspelt: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    uuids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    is_cut: bool = False

    def __repr__(self) -> str:
        return f"<Mentions of {len(self.credentials)} credentials>"


def read(text: str) -> Mentions:
    """Return everything in the text that has the form of something of ours."""
    pieces = dict.fromkeys(_PIECE.findall(text))
    # A log says the same again and again: each piece is looked at once.
    once = "\n".join(pieces)
    whole, misspelt, prefixes, all_tried = _credentials(once)
    found = {
        "credentials": (whole, MOST_CREDENTIALS),
        "misspelt": (misspelt, MOST),
        "prefixes": (prefixes, MOST),
        "ids": (_distinct(_texts(_ID, once), MOST), MOST),
        "uuids": (_distinct(map(str.lower, _texts(_UUID, once)), MOST), MOST),
        "addresses": (_distinct(_addresses(once), MOST), MOST),
        "words": (_distinct(_words(text, pieces), MOST_WORDS), MOST_WORDS),
    }
    is_cut = not all_tried or any(len(texts) > most for texts, most in found.values())
    return Mentions(**{name: texts[:most] for name, (texts, most) in found.items()}, is_cut=is_cut)


def credentials(text: str) -> tuple[str, ...]:
    """Return the whole credentials of our format in the text whose checksum is right, each once, in their order.

    Whatever else stands in the text; above MOST_CREDENTIALS there is one more, and the rest is not looked for.
    """
    return _distinct((found[1] for found in _WHOLE.finditer(text) if secrets.parse(found[1])), MOST_CREDENTIALS)


def beginning_with(text: str, prefixes: Iterable[str], *, most: int | None = None) -> tuple[str, ...]:
    """Return the words that begin like an imported credential, each once; one beyond `most` where there are more."""
    begins, longest = tuple(prefixes), secrets.LONGEST_IMPORTED + 2 * len(_EDGES)
    words = (piece.strip(_EDGES) for piece in dict.fromkeys(_PIECE.findall(text)) if len(piece) <= longest)
    ours = (word for word in words if word.startswith(begins))
    return _distinct(ours, most) if begins else ()


def _credentials(text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], bool]:
    """The last says whether everything was tried."""
    whole: dict[str, None] = {}
    misspelt: dict[str, None] = {}
    prefixes: dict[str, None] = {}
    finds = _CREDENTIAL.finditer(text)
    for found in itertools.islice(finds, MOST_TRIED):
        if found["rest"] is None:
            prefixes[found["public_id"]] = None
        elif secrets.parse(found[0]):
            whole[found[0]] = None
        else:
            misspelt[found["public_id"]] = None
    return tuple(whole), tuple(misspelt), tuple(prefixes), next(finds, None) is None


def _texts(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (found[0] for found in pattern.finditer(text))


def _addresses(text: str) -> Iterator[str]:
    tried = itertools.islice(itertools.chain(_texts(_IPV4, text), _texts(_IPV6, text)), MOST_TRIED)
    for found in tried:
        with contextlib.suppress(ValueError):
            yield str(asks.address(found))


def _words(text: str, pieces: Iterable[str]) -> Iterator[str]:
    alone = text.strip()
    if _is_word(alone) and len(alone) <= LONGEST_WORD and "\n" not in alone:
        # An idempotency key may hold anything, also spaces.
        yield alone
    looks_right = _is_word if len(text) <= SHORT else _is_like_an_id
    for piece in pieces:
        if len(piece) > LONGEST_WORD:
            continue
        word = piece.strip(_EDGES)
        if looks_right(word):
            yield word
        name, _, value = word.rpartition(":")
        if name and looks_right(value):
            yield value


def _is_word(word: str) -> bool:
    # What holds a credential, or a piece of one, is asked about as that alone.
    return len(word) >= 3 and not any(prefix in word for prefix in secrets.PREFIXES.values())


def _is_like_an_id(word: str) -> bool:
    # One public id in eight is of letters alone. So are the words of a log, but few of them are of just this length.
    looks_right = not word.isalpha() or _PUBLIC_ID.fullmatch(word) is not None
    return len(word) >= _SHORTEST_ID and looks_right and _is_word(word)


def public_ids(words: Iterable[str]) -> list[str]:
    """Return those of the words that have the form of a key prefix without its beginning."""
    return [word for word in words if _PUBLIC_ID.fullmatch(word)]


def ids_of_calls(words: Iterable[str]) -> list[str]:
    """Return those of the words that could be what a caller or a gateway numbers a call with."""
    return [word for word in words if _is_like_an_id(word) and _DIGIT.search(word) and not _ID.fullmatch(word)]


def _distinct(found: Iterator[str], most: int | None) -> tuple[str, ...]:
    """Each once, all without `most`; ends one beyond it, so that it is seen that there are more."""
    kept: dict[str, None] = {}
    for one in found:
        kept[one] = None
        if most is not None and len(kept) > most:
            break
    return tuple(kept)
