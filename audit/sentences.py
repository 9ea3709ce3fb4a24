"""From a verb's template to the sentence that people read.

`rotated/rotate` is what was done and what was not allowed, with the actor before it; a part in [brackets] goes when a
value in it is missing.
"""

import re
from collections.abc import Mapping

ACTS = re.compile(r"(\w+)/(\w+)")
PARTS = re.compile(r"\[([^\]]*)\]|([^\[\]]+)")
VALUES = re.compile(r"\{(\w+)\}")
PREFIXES = {"denied": "may not ", "failed": "could not "}


def values_of(template: str) -> set[str]:
    """The names of the values that the template speaks of."""
    return set(VALUES.findall(template))


def render(template: str, values: Mapping[str, str], outcome: str = "success") -> str:
    """The sentence. KeyError where a value outside brackets is missing."""
    whole = f"{{actor}} {template}" if ACTS.match(template) else template
    return "".join(_part(found, values, outcome) for found in PARTS.finditer(whole))


def _part(found: re.Match[str], values: Mapping[str, str], outcome: str) -> str:
    optional, always = found.groups()
    if optional is not None and not all(values.get(name) for name in VALUES.findall(optional)):
        return ""
    text = _act(optional if optional is not None else always, outcome)
    # One pass over the template alone: braces in a value stay what they are.
    return VALUES.sub(lambda name: values[name[1]], text)


def _act(text: str, outcome: str) -> str:
    if outcome == "success":
        return ACTS.sub(r"\1", text)
    return ACTS.sub(lambda act: PREFIXES[outcome] + act[2], text)
