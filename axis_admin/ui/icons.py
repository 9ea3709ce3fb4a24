"""Icons for markup that is written in Python; templates load heroicons themselves."""

from __future__ import annotations

from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons


def micro(name: str, size: int = 16) -> SafeString:
    """A small solid icon, hidden from readers: the word beside it says what it means."""
    return SafeString(heroicons.heroicon_micro(name, size=size, aria_hidden="true"))
