"""The periods that have used most of what their contracts include, and of which the customer was told."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from metering.models import BillingPeriod, UsageAlert
from orgs.models import Staff
from orgs.policy import Permission, scope

Said = dict[str, str]
# Less is as it should be, half way through a period.
FROM_STEP = 80


def items(person: Staff, *, now: datetime, most: int) -> Iterator[tuple[datetime, Said]]:
    """Yield what a customer has nearly used up, and when the period ends; the minimum alone once it is reached."""
    rows = UsageAlert.objects.filter(
        scope(person, Permission.USAGE_SEE).as_q("period__organization__"),
        period__state=BillingPeriod.State.OPEN,
        period__span__contains=now,
        threshold__gte=FROM_STEP,
    )
    latest = rows.order_by("period_id", "kind", "-threshold").distinct("period_id", "kind")
    found = [one for one in latest.select_related("period__organization") if _is_told(one)]
    for alert in sorted(found, key=lambda one: one.period.span.upper)[:most]:
        yield alert.period.span.upper, _said(alert)


def _is_told(alert: UsageAlert) -> bool:
    return alert.kind == UsageAlert.Kind.INCLUDED or alert.threshold == 100


def _said(alert: UsageAlert) -> Said:
    period, organization = alert.period, alert.period.organization
    what = alert.get_kind_display().lower()
    is_included = alert.kind == UsageAlert.Kind.INCLUDED
    reached = f"has used {alert.percent}% of its {what}" if is_included else f"has reached its {what}"
    return {
        "icon": "chart-bar",
        "text": f"{organization} {reached}",
        "note": f"Period {period.label}; what is used beyond is billed",
        "act": "See usage",
        "href": reverse("metering:for_org", args=[organization.uid]),
    }
