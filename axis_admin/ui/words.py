"""Numbers and times in the product's words: 1,318,406, −2.6%, 4 s ago, 22 Nov 2026, 14:05 UTC."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

MINUTE, HOUR, DAY = 60, 3600, 86_400
MINUS = "\u2212"
NOTHING = "\u2013"

Number = int | float | Decimal


def grouped(value: Number | None, digits: int = 0) -> str:
    """A number with thousands apart and a true minus: −1,318,406. None is an en dash."""
    if value is None or value == "":
        return NOTHING
    return f"{value:,.{int(digits)}f}".replace("-", MINUS)


def short(value: Number | None) -> str:
    """A number short enough for an axis or a meter: 940, 25k, 1.32M."""
    if value is None or value == "":
        return NOTHING
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if abs(float(value)) >= size:
            return f"{float(value) / size:.3g}{letter}".replace("-", MINUS)
    return f"{value:g}".replace("-", MINUS)


def share(part: Number | None, whole: Number | None, digits: int = 2) -> str:
    """A part of a whole in percent: 0.42%. Without a whole there is no share: an en dash."""
    if not whole or part is None:
        return NOTHING
    return f"{float(part) / float(whole) * 100:.{digits}f}%".replace("-", MINUS)


def change(now: Number | None, before: Number | None, digits: int = 1) -> str:
    """How far a number moved against another: +9.8%, −2.6%, 0.0%. Without a before: an en dash."""
    if not before or now is None:
        return NOTHING
    moved = (float(now) - float(before)) / float(before) * 100
    sign = "+" if moved > 0 else ""
    return f"{sign}{moved:.{digits}f}%".replace("-", MINUS)


def span(length: timedelta) -> str:
    """A length of time in at most two units: 4 s, 26 min, 2 h 14 min, 3 days."""
    seconds = abs(int(length.total_seconds()))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < 2 * DAY:
        hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{seconds // DAY} days"


def rough(length: timedelta) -> str:
    """A length of time in one unit, for what is past: 4 s, 26 min, 9 h, 3 days, 4 months."""
    days = abs(length) // timedelta(days=1)
    if days >= 730:
        return f"{days // 365} years"
    if days >= 120:
        return f"{days // 30} months"
    text = span(length)
    return text.split(" h ")[0] + " h" if " h " in text else text


def ago_text(at: datetime | None, now: datetime | None = None) -> str:
    """A time as seen from now: 4 s ago, in 2 h 14 min, now, never."""
    if not at:
        return "never"
    away = at - (now or timezone.now())
    if abs(away) < timedelta(seconds=1):
        return "now"
    return f"in {span(away)}" if away > timedelta() else f"{rough(away)} ago"


def clock_text(at: datetime | None, zone: str = "") -> str:
    """A time on the clock with its zone: 22 Nov 2026, 14:05 UTC. zone: an IANA name, by default the current one."""
    if not at:
        return "never"
    local = timezone.localtime(at, ZoneInfo(str(zone)) if zone else None)
    name = local.tzname() or ""
    # Zones without letters of their own ("-03") are told by their place.
    return f"{local.day} {local:%b %Y, %H:%M} {name if name.isalpha() else local.tzinfo}"


def day(value: date | datetime | None, form: str = "") -> str:
    """A day: 24 Nov 2026. form "short": 24 Nov; "long": Tue 24 Nov 2026."""
    if not value:
        return NOTHING
    local = timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
    year, weekday = ("" if form == "short" else f" {local:%Y}"), (f"{local:%a} " if form == "long" else "")
    return f"{weekday}{local.day} {local:%b}{year}"


def ago(at: datetime | None) -> SafeString | str:
    """ago_text as <time>, with the clock on hover."""
    return _time(at, ago_text(at), title=clock_text(at)) if at else "never"


def clock(at: datetime | None, zone: str = "") -> SafeString | str:
    """clock_text as <time>."""
    return _time(at, clock_text(at, zone)) if at else "never"


def clock_elsewhere(at: datetime | None, zone: str) -> SafeString | str:
    """clock in a zone; nothing where the clocks there show the same as ours."""
    if not at or timezone.localtime(at, ZoneInfo(str(zone))).utcoffset() == timezone.localtime(at).utcoffset():
        return ""
    return clock(at, zone)


def _time(at: datetime, text: str, title: str = "") -> SafeString:
    hover = format_html(' title="{}"', title) if title else ""
    return format_html('<time datetime="{}"{}>{}</time>', at.isoformat(timespec="seconds"), hover, text)
