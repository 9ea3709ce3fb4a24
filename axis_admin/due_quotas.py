"""The quotas that are nearly used up, and of which the customer was told."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from keys import quota_warnings
from keys.quota_warnings import Warned
from orgs.models import Organization, Staff
from orgs.policy import Permission, scope

Said = dict[str, str]


def items(person: Staff, *, now: datetime, most: int) -> Iterator[tuple[datetime, Said]]:
    """Yield what a customer may run out of, and when the quota begins anew."""
    mine = Organization.objects.filter(scope(person, Permission.LIMIT_SEE).as_q())
    warned = quota_warnings.told_of(at=now)
    seen = set(mine.filter(pk__in={one.use.organization_id for one in warned}).values_list("pk", flat=True))
    for one in [one for one in warned if one.use.organization_id in seen][:most]:
        yield one.use.ends_at, _said(one)


def _said(one: Warned) -> Said:
    organization, key = one.use.organization, one.use.key
    whose = f"Key {key} of {organization}" if key else str(organization)
    url = ("keys:key_limits", key.uid) if key else ("keys:org_limits", organization.uid)
    text = f"{whose} has used {one.said}"
    return {
        "icon": "chart-bar",
        "text": text,
        "note": one.meaning,
        "act": "See limits",
        "href": reverse(url[0], args=[url[1]]),
    }
