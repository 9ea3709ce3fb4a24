"""How deeply a JSON value is nested, found out without going as deep. Pure."""

from typing import Any

DEEPEST = 100
NESTS = (dict, list)
NOT_KEPT = f"(nested more than {DEEPEST} levels deep: not kept)"


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects stand in each other more than DEEPEST levels deep."""
    level = [value] if isinstance(value, NESTS) else []
    for _ in range(DEEPEST):
        if not level:
            return False
        parts = [nest.values() if isinstance(nest, dict) else nest for nest in level]
        level = [inner for part in parts for inner in part if isinstance(inner, NESTS)]
    return bool(level)


def shallow(item: Any) -> Any:
    """The item with words in place of what is nested too deeply, so that it can be written down."""
    if not is_too_deep(item):
        return item
    if not isinstance(item, dict):
        return NOT_KEPT
    return {
        name: NOT_KEPT if isinstance(value, NESTS) and is_too_deep([value]) else value for name, value in item.items()
    }
