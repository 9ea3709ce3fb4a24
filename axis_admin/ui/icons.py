"""Icons: the library's tags, each icon drawn once a process. A page has dozens, and drawing copies a tree of XML."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons

KEPT = 512


def _kept(draw: Callable[..., str]) -> Callable[..., str]:
    # Typed, so that 1 and True, which are equal, are not drawn for one another.
    return lru_cache(maxsize=KEPT, typed=True)(draw)


heroicon_micro, heroicon_mini = _kept(heroicons.heroicon_micro), _kept(heroicons.heroicon_mini)
heroicon_outline, heroicon_solid = _kept(heroicons.heroicon_outline), _kept(heroicons.heroicon_solid)
TAGS = (heroicon_micro, heroicon_mini, heroicon_outline, heroicon_solid)


def micro(name: str, size: int = 16) -> SafeString:
    """A small solid icon, hidden from readers: the word beside it says what it means."""
    return SafeString(heroicon_micro(name, size=size, aria_hidden="true"))
