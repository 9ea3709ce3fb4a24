"""One value of a row as each format writes it. Pure.

What comes from outside never becomes a formula, and never a character that a reader of the file does not see.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import orjson

from audit import sheets, wording
from metering import entries

# A workbook counts days from here, and shows them in the way of its second style.
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=UTC)
_DAY_MS = 86_400_000
# Beyond it a spreadsheet rounds whole numbers.
_EXACT = 2**53
# The longest text that a cell may hold.
_LONGEST = 32_767


def of_csv(value: Any) -> Any:
    """Write it for a spreadsheet that reads text: times in UTC to the millisecond, structures as JSON."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
    if isinstance(value, dict | list):
        return _text(orjson.dumps(value).decode())
    return _told(value)


def of_json(value: Any) -> Any:
    """Write it as the gateway's own interface would; nothing is made fit for spreadsheets here."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    return str(value) if isinstance(value, Decimal) else value


def of_workbook(value: Any) -> str:
    """Write it as a cell of a sheet, with no place of its own; an empty one keeps its neighbours in their columns."""
    if isinstance(value, datetime):
        days = (entries.milliseconds(value) - entries.milliseconds(_FIRST_DAY)) / _DAY_MS
        return f'<c s="1"><v>{days:.9f}</v></c>'
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if is_number and abs(value) <= _EXACT:
        return f"<c><v>{value}</v></c>"
    text = _text(str(of_csv(value)))[:_LONGEST]
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>' if text else "<c/>"


def _text(value: str) -> str:
    """A text that no spreadsheet runs, with unfit characters to be seen."""
    fit = value if wording.is_fit(value) else "".join(map(_seen, value))
    neutral: str = sheets.neutral(fit)
    return neutral


def _seen(character: str) -> str:
    return wording.REPLACEMENT if wording.is_unfit(character) else character


def _told(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else value
