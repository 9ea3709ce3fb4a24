"""How a slot is written in a field and in an address: rate-requests-v2-60, window-generations-any-month. Pure."""

from keys.limits.slots import Slot

ANY = "any"
_KINDS, _WINDOWS = ("rate", "window", "concurrency"), ("day", "month", "term")
_DIMENSIONS = ("requests", "generations", "units")


def code(slot: Slot) -> str:
    """Return the slot as a word without blanks."""
    last = slot.window or (str(slot.period_s) if slot.period_s else "now")
    return f"{slot.kind}-{slot.dimension}-{slot.api_version or ANY}-{last}"


def slot(text: str) -> Slot | None:
    """Return the slot that a word means; None where it means none."""
    kind, dimension, version, last = [*text.split("-"), "", "", "", ""][:4]
    if kind not in _KINDS or dimension not in _DIMENSIONS or not version.isalnum() or len(version) > 8:
        return None
    found = Slot(
        kind,
        dimension,
        None if version == ANY else version,
        int(last) if kind == "rate" and last.isascii() and last.isdigit() and 0 < len(last) < 6 else None,
        last if kind == "window" and last in _WINDOWS else None,
    )
    return found if code(found) == text else None
