"""How a period will likely end, as a card shows it: a sentence, what it may cost, what of its allowances is used."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from audit import plurals
from metering.foresight import Allowance, Foresight
from metering.models import UsageAlert

_FULL, _HIGH = 100, 80
_MOMENT = timedelta(microseconds=1)


def card(found: Foresight, alerts: Iterable[UsageAlert]) -> dict[str, Any]:
    """Return what metering/_foresight.html draws; `alerts` are those of the period. Pure."""
    return {
        "period": found.period,
        "sentence": _sentence(found),
        "basis": _basis(found),
        "facts": _facts(found),
        "meters": [_meter(one) for one in found.allowances],
        "told": _told(found, alerts),
    }


def short(found: Foresight) -> str:
    """Say the forecast in a word or two, for a table; an en dash where nobody can say."""
    return f"{found.generations.likely:,}" if found.generations else "–"


def _last_day(found: Foresight) -> str:
    return f"{(found.period.span.upper - _MOMENT).astimezone(found.period.zone):%-d %b %Y}"


def _sentence(found: Foresight) -> str:
    if found.generations is None:
        return "Too little usage yet to say how the period ends."
    return f"About {found.generations.likely:,} generations by the end of {_last_day(found)}."


def _basis(found: Foresight) -> str:
    ahead = found.generations
    if ahead is None:
        return ""
    days = plurals.counted(ahead.days, "day")
    return f"Eight times in ten between {ahead.low:,} and {ahead.high:,}. From the rhythm of {days}."


def _facts(found: Foresight) -> list[tuple[str, str]]:
    facts = [("Generations so far", f"{found.used:,}")]
    if found.amounts is not None:
        told = found.amounts
        facts += [
            (_amount_so_far(found), told.said("so_far")),
            ("Likely amount", told.said("likely")),
            ("Between", f"{told.said('low')} and {told.said('high')}"),
        ]
    return facts


def _amount_so_far(found: Foresight) -> str:
    # Capacity is charged by the day, and its days until the end are known already.
    is_reserved = any(line.kind == "capacity" for line in found.draft.lines)
    return "Amount so far, with what is reserved until its end" if is_reserved else "Amount so far"


def _meter(allowance: Allowance) -> dict[str, Any]:
    likely = allowance.likely_percent
    is_included = allowance.kind == UsageAlert.Kind.INCLUDED
    note = "" if likely is None else f"Likely {likely:,}% at the end of the period."
    # To be above what is included costs money; to reach the minimum is what was agreed.
    tone = "warn" if is_included and allowance.percent >= _HIGH else ""
    return {
        "label": allowance.label,
        "text": f"{allowance.said(allowance.used)} of {allowance.said(allowance.whole)}",
        "pct": min(_FULL, allowance.percent),
        "tone": tone,
        "note": note,
    }


def _told(found: Foresight, alerts: Iterable[UsageAlert]) -> str:
    highest: dict[str, UsageAlert] = {}
    for alert in alerts:
        if alert.kind not in highest or alert.threshold > highest[alert.kind].threshold:
            highest[alert.kind] = alert
    zone = found.period.zone
    said = [f"{one} on {one.reached_at.astimezone(zone):%-d %b}" for one in highest.values()]
    return f"Contacts were told of {', '.join(said)}." if said else ""
