"""Text that comes from outside, made fit to stand in the trail."""

import re
import unicodedata

REPLACEMENT = "\ufffd"
# Marks that reorder what a reader sees, so that a line can lie about itself.
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
CREDENTIAL = re.compile(r"ax(?:k_(?:live|test)|g)_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}")
KIND = re.compile(r"\bax(?:k_(?:live|test)|g)_(?=[0-9A-Za-z])")
SPACES = re.compile(r"[ \t\r\n]+")


def is_unfit(character: str) -> bool:
    """Whether the character is a control, a line separator, a lone surrogate or a bidi mark."""
    return character in BIDI or unicodedata.category(character) in INVISIBLE


def is_fit(text: str) -> bool:
    """Whether no character of the text is unfit."""
    # Nearly all of what machines send is plain ASCII, where only the controls are unfit.
    return text.isprintable() if text.isascii() else not any(map(is_unfit, text))


def holds_credential(text: str) -> bool:
    """Whether a whole key or gateway credential stands in the text."""
    return CREDENTIAL.search(text) is not None


def masked(text: str) -> str:
    """The text with each whole credential cut back to its prefix."""
    return CREDENTIAL.sub(lambda found: found[0][:-38] + "…", text)


def prefixes(text: str) -> str:
    """The text with each whole credential as the prefix that may be shown and looked for."""
    return CREDENTIAL.sub(lambda found: found[0][:-39], text)


def unprefixed(text: str) -> str:
    """The text with each public id without the prefix of its kind: axk_live_fN8FpuY7qFij is fN8FpuY7qFij."""
    return KIND.sub("", text)


def one_line(text: str) -> str:
    """What a person typed, with line breaks and tabs as single spaces."""
    return SPACES.sub(" ", text).strip()


def neutral(text: str, longest: int) -> str:
    """What a machine sent, on one line, each unfit character visible as U+FFFD, cut with … at `longest`."""
    clean = "".join(REPLACEMENT if is_unfit(character) else character for character in masked(text))
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"
