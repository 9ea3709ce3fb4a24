"""How gateways stand to what was changed, wherever a key's page tells it."""

from typing import Any

from django import template
from django.utils import timezone

from keys import confirmations
from keys.confirmations import Confirmation, Confirmations
from keys.models import ApiKey
from orgs.policy import Permission

register = template.Library()

MOST_SHOWN = 8
SAID = {
    "key.issued": "issued",
    "key.changed": "changed",
    "key.rotated": "rotated",
    "key.paused": "paused",
    "key.resumed": "resumed",
    "key.revoked": "revoked",
}


@register.inclusion_tag("keys/_confirming.html", takes_context=True)
def confirming(context: template.Context, key: ApiKey, found: Confirmations | None = None) -> dict[str, Any]:
    """{% confirming key %}: which gateways have confirmed the key's latest change, looked at again until all have.

    Nothing is drawn where the feed does not tell of the key any more.
    """
    change = None if found else confirmations.changes_of(key).first()
    found = confirmations.of(change) if change else found
    return {
        "key": key,
        "found": found,
        "names": context["request"].staff.can(Permission.GATEWAY_SEE),
        "asks": found is not None and not found.is_over,
        "said": _said(found) if found else "",
    }


@register.simple_tag
def gateway_strip(found: Confirmations) -> list[dict[str, str]]:
    """The gateways of a strip, those first that are waited for; at most eight."""
    rows = sorted(found.rows, key=lambda row: (not row.is_production, row.has_confirmed))
    items = [_item(row) for row in rows[:MOST_SHOWN]]
    left = len(rows) - len(items)
    return items + (
        [{"tone": "idle", "icon": "ellipsis-horizontal", "text": f"{left} more", "note": ""}] if left else []
    )


def _item(row: Confirmation) -> dict[str, str]:
    tone, icon, note = _standing(row)
    where = "" if row.is_production else f"{row.environment}, "
    return {"tone": tone if row.is_production else "idle", "icon": icon, "text": row.source, "note": f"{where}{note}"}


def _standing(row: Confirmation) -> tuple[str, str, str]:
    if row.began_later:
        return "idle", "minus-circle", "began later"
    if row.has_confirmed:
        return "ok", "check-circle", f"{row.seconds:.1f} s"
    if row.is_silent:
        return "warn", "signal-slash", f"silent since {timezone.localtime(row.polled_at):%H:%M:%S}"
    return "warn", "clock", "not yet"


def _said(found: Confirmations) -> str:
    done = SAID.get(found.change.kind, "changed")
    return f"{done} {timezone.localtime(found.change.at):%-d %b %Y, %H:%M:%S %Z}"
