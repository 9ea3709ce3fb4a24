"""What people call a billing period: its month, or a period that begins on some day. Pure."""

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def named(label: str) -> str:
    """Name the period with that label where a heading or a sentence begins.

    `October 2026`, or `Period from 15 October 2026`: a date alone would read as a day.
    """
    said = dated(label)
    return f"Period {said}" if _has_day(label) else said


def mentioned(label: str) -> str:
    """Name it within a sentence: `October 2026`, `the period from 15 October 2026`."""
    said = dated(label)
    return f"the period {said}" if _has_day(label) else said


def dated(label: str) -> str:
    """Say which one it is after the words “billing period”: `October 2026`, `from 15 October 2026`."""
    year, month, *day = label.split("-")
    return " ".join([*(f"from {int(one)}" for one in day), MONTHS[int(month) - 1], year])


def _has_day(label: str) -> bool:
    return label.count("-") > 1
