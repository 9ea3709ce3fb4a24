"""Quotas that are used up to a step at which they warn: for people to see, and for the sweep that tells them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from keys.limits.rules import LimitRule
from keys.models import WindowUse
from orgs import notices
from orgs.models import Organization

# What counts for a window: the key's rule, the organization's own, or else the plan's.
_REACHED = """
SELECT u.id, r.id, s.step
FROM keys_windowuse u
JOIN orgs_organization o ON o.id = u.organization_id
JOIN LATERAL (
    SELECT id, "limit", warn_at FROM keys_limitrule
    WHERE kind = 'window' AND effective @> %(at)s::timestamptz AND cardinality(warn_at) > 0
        AND dimension || ':' || coalesce(api_version, 'any') || ':' || "window" = u.slot
        AND CASE WHEN u.key_id IS NULL
            THEN key_id IS NULL AND (organization_id = o.id OR plan_version_id = o.plan_version_id)
            ELSE key_id = u.key_id END
    ORDER BY organization_id NULLS LAST LIMIT 1
) r ON r."limit" > 0
CROSS JOIN LATERAL (SELECT max(w) AS step FROM unnest(r.warn_at) AS w WHERE u.used * 100 >= r."limit" * w) s
WHERE u.starts_at <= %(at)s AND u.ends_at > %(at)s AND s.step IS NOT NULL
    AND (%(organization)s::bigint IS NULL OR u.organization_id = %(organization)s)
    AND (NOT %(told)s OR u.told > 0) AND (NOT %(untold)s OR s.step > u.told)
ORDER BY u.ends_at, u.id
"""


@dataclass(frozen=True)
class Warned:
    """A window of which so much is used that its rule warns; `step` is the highest of its steps that is reached."""

    use: WindowUse
    rule: LimitRule
    step: int

    @property
    def percent(self) -> int:
        """How much of the limit is used, rounded down."""
        return self.use.used * 100 // self.rule.limit

    @property
    def said(self) -> str:
        """Such as "85% of 10,000 generations a month"."""
        slot = self.rule.about
        version = f"{slot.api_version} " if slot.api_version else ""
        return f"{self.percent}% of {self.rule.limit:,} {version}{slot.counted} {slot.unit}"

    @property
    def whose(self) -> str:
        """Whose limit it is, where it is one key's; "" for the whole organization's."""
        return f"Key {self.use.key}" if self.use.key else ""

    @property
    def title(self) -> str:
        return f"{self.whose}: {self.said} used." if self.whose else f"{self.said} used."

    @property
    def meaning(self) -> str:
        """What happens beyond the limit."""
        until = notices.moment(self.use.ends_at, self.use.organization)
        if self.rule.mode == LimitRule.Mode.WARN:
            return f"Calls beyond it pass all the same; it begins anew on {until}"
        if self.rule.overage_allowance:
            return f"{self.rule.overage_allowance:,} more pass beyond it; what is beyond those is refused until {until}"
        return f"Calls beyond it are refused until {until}"


def warnings_of(organization: Organization, *, at: datetime) -> list[Warned]:
    """Return the organization's and its keys' windows that warn now, as of a minute ago; the first to end first."""
    return _warned(_reached(at, organization=organization.pk))


def told_of(*, at: datetime) -> list[Warned]:
    """Return the windows of everybody that warn now, and of which people were told."""
    return _warned(_reached(at, told=True))


def to_tell(*, at: datetime) -> list[Warned]:
    """Return the windows of which more is used than people were told of. A pilot's cap has warnings of its own."""
    return [one for one in _warned(_reached(at, untold=True)) if one.rule.window != LimitRule.Window.TERM]


def _reached(
    at: datetime, *, organization: int | None = None, told: bool = False, untold: bool = False
) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_REACHED, {"at": at, "organization": organization, "told": told, "untold": untold})
        return list(cursor.fetchall())


def _warned(found: Iterable[tuple[int, int, int]]) -> list[Warned]:
    found = list(found)
    uses = WindowUse.objects.select_related("organization", "key").in_bulk([use for use, _, _ in found])
    rules = LimitRule.objects.in_bulk([rule for _, rule, _ in found])
    return [Warned(uses[use], rules[rule], step) for use, rule, step in found]
