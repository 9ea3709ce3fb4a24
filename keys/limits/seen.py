"""What somebody saw of an organization's limits, so that nobody overwrites what they did not see."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from keys.limits.rules import LimitRule
from orgs.models import Organization


def of(organization: Organization, *, at: datetime) -> str:
    """Return a mark that is the same for as long as nothing about the limits of its calls changes."""
    rules = LimitRule.objects.applying_to(organization).not_over(at=at).order_by("id")
    return mark(rules, plan_version=organization.plan_version_id)


def mark(rules: Iterable[LimitRule], *, plan_version: int) -> str:
    """Return the mark of these rules. A rule's numbers never change, so that its id and its time say all."""
    held = [f"{rule.pk}/{_moment(rule.effective.lower)}/{_moment(rule.effective.upper)}" for rule in rules]
    return hashlib.sha256("|".join([str(plan_version), *held]).encode()).hexdigest()[:16]


def _moment(at: datetime | None) -> str:
    return f"{at.timestamp():.6f}" if at else ""
