"""How deeply a JSON value is nested, found out without going as deep. Pure."""

from collections.abc import Iterable
from typing import Any

DEEPEST = 100
NOT_KEPT = f"(nested more than {DEEPEST} levels deep: not kept)"


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects stand in each other more than DEEPEST levels deep."""
    level = _nests([value])
    for _ in range(DEEPEST):
        if not level:
            return False
        level = _nests(inner for nest in level for inner in (nest.values() if isinstance(nest, dict) else nest))
    return bool(level)


def shallow(item: Any) -> Any:
    """The item with words in place of what is nested too deeply, so that it can be written down."""
    if not is_too_deep(item):
        return item
    if not isinstance(item, dict):
        return NOT_KEPT
    return {name: NOT_KEPT if _is_nest(value) and is_too_deep([value]) else value for name, value in item.items()}


def _nests(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if _is_nest(value)]


def _is_nest(value: Any) -> bool:
    return isinstance(value, (dict, list))
