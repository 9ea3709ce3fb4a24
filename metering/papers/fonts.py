"""The fonts of PDFs: they come from a package, so that the same document gives the same bytes on every machine."""

from collections.abc import Container, Iterator
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from typing import cast

import pymupdf_fonts
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD, MONO = "Axis", "AxisBold", "AxisMono"
# What the first ones lack: the minus sign, Arabic, Hebrew, Thai.
_OTHER, _OTHER_BOLD = "AxisOther", "AxisOtherBold"
_SOURCES = {REGULAR: "notos", BOLD: "notosbo", MONO: "cascadia", _OTHER: "figo", _OTHER_BOLD: "figbo"}
# For what all of them lack. Readers of PDFs bring it along; it is not embedded.
_EAST_ASIAN = "HeiseiKakuGo-W5"


@lru_cache
def ready() -> None:
    """Make the fonts known to reportlab, once in a process."""
    for name, source in _SOURCES.items():
        pdfmetrics.registerFont(TTFont(name, BytesIO(pymupdf_fonts.myfont(source))))
    pdfmetrics.registerFont(UnicodeCIDFont(_EAST_ASIAN))


def runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """Cut a text into parts, each with the first font that can write it: the one asked for, where that can."""
    fallbacks = (font, _OTHER_BOLD if font == BOLD else _OTHER)
    known = [(name, _glyphs(name)) for name in fallbacks]

    def able(letter: str) -> str:
        return next((name for name, glyphs in known if ord(letter) in glyphs), _EAST_ASIAN)

    for name, letters in groupby(text, able):
        yield name, "".join(letters)


def _glyphs(font: str) -> Container[int]:
    known = pdfmetrics.getFont(font)
    return cast("TTFont", known).face.charToGlyph
