"""Text that comes from outside, made fit to stand in the trail."""

import functools
import re
import unicodedata
from collections.abc import Callable

REPLACEMENT = "\ufffd"
# Marks that reorder what a reader sees, so that a line can lie about itself.
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# In an address a sign may be written as its number, and that once more.
_UNDERSCORE = "(?:_|%(?:25)*5[Ff])"
# What follows the public id is secret also where its end is missing: the checksum is public.
CREDENTIAL = re.compile(
    rf"(?P<prefix>ax(?:k{_UNDERSCORE}(?:live|test)|g){_UNDERSCORE}[0-9A-Za-z]{{12}})"
    rf"(?P<underscore>{_UNDERSCORE})[0-9A-Za-z]{{8,}}"
)
KIND = re.compile(r"\bax(?:k_(?:live|test)|g)_(?=[0-9A-Za-z])")
SPACES = re.compile(r"[ \t\r\n]+")
# Of what begins like a credential made elsewhere, less than this is no secret. Ids of ours are none either.
SHORTEST_SECRET = 8
_OUR_ID = r"(?:key|org|gwc|lek)_[0-9A-Za-z]{14}(?![0-9A-Za-z])"
_REST = rf"""[^\s"'`,;()<>\[\]{{}}|=&?\\…]{{{SHORTEST_SECRET},}}"""

# Says what credentials begin with that were made elsewhere; may read it anew where it may ask.
Beginnings = Callable[[bool], frozenset[str]]
_registered: list[Beginnings] = []


def is_unfit(character: str) -> bool:
    """Whether the character is a control, a line separator, a lone surrogate or a bidi mark."""
    return character in BIDI or unicodedata.category(character) in INVISIBLE


def is_fit(text: str) -> bool:
    """Whether no character of the text is unfit."""
    # Nearly all of what machines send is plain ASCII, where only the controls are unfit.
    return text.isprintable() if text.isascii() else not any(map(is_unfit, text))


def register_beginnings(known: Beginnings) -> None:
    """Say who knows what credentials begin with that were made elsewhere. Called by an AppConfig, once."""
    if known not in _registered:
        _registered.append(known)


def beginnings(*, ask: bool) -> frozenset[str]:
    """Return what credentials begin with that were made elsewhere; as it is known in this process unless `ask`."""
    return _registered[0](ask) if len(_registered) == 1 else frozenset().union(*(known(ask) for known in _registered))


def holds_credential(text: str) -> bool:
    """Whether the secret of a key or a gateway credential of ours stands in the text, whole or cut."""
    return CREDENTIAL.search(text) is not None


def masked(text: str) -> str:
    """The text with each credential of ours cut back to its prefix."""
    # Nearly all texts hold nothing that a credential could begin with.
    return CREDENTIAL.sub(r"\g<prefix>\g<underscore>…", text) if "ax" in text else text


def prefixes(text: str) -> str:
    """The text with each credential of ours as the prefix that may be shown and looked for."""
    return CREDENTIAL.sub(r"\g<prefix>", text)


def masked_all(text: str, *, ask: bool = True) -> str:
    """The same as masked, and each word that begins like a credential made elsewhere cut back to that beginning."""
    return _cut(masked(text), beginnings(ask=ask), r"\g<beginning>…")


def prefixes_of_all(text: str, *, ask: bool = True) -> str:
    """The same as prefixes, and each word that begins like a credential made elsewhere as that beginning alone."""
    return _cut(prefixes(text), beginnings(ask=ask), r"\g<beginning>")


def unprefixed(text: str) -> str:
    """The text with each public id without the prefix of its kind: axk_live_fN8FpuY7qFij is fN8FpuY7qFij."""
    return KIND.sub("", text)


def one_line(text: str) -> str:
    """What a person typed, with line breaks and tabs as single spaces."""
    return SPACES.sub(" ", text).strip()


def neutral(text: str, longest: int) -> str:
    """What a machine sent, on one line, each unfit character visible as U+FFFD, cut with … at `longest`."""
    clean = masked(text)
    if not is_fit(clean):
        clean = "".join(REPLACEMENT if is_unfit(character) else character for character in clean)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _cut(text: str, begins: frozenset[str], to: str) -> str:
    return _pattern(begins).sub(to, text) if begins else text


@functools.lru_cache(maxsize=16)
def _pattern(begins: frozenset[str]) -> re.Pattern[str]:
    # The longest first, so that more of it may be shown.
    any_of = "|".join("".join(map(_written, one)) for one in sorted(begins, key=lambda one: (-len(one), one)))
    return re.compile(rf"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{{2}}))(?!{_OUR_ID})(?P<beginning>{any_of}){_REST}")


def _written(sign: str) -> str:
    """The sign, or its number as addresses write it."""
    digits = "".join(map(_either, f"{ord(sign):02X}"))
    return re.escape(sign) if sign.isalnum() else f"(?:{re.escape(sign)}|%(?:25)*{digits})"


def _either(digit: str) -> str:
    return f"[{digit}{digit.lower()}]"
