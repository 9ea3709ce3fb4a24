"""What a plan allows a new key: which versions, and how long a life. The time is an argument."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError

from orgs.models import Organization, PlanVersion


def default_expiry(plan: PlanVersion, *, now: datetime) -> datetime:
    """Return when a key expires for which nobody chose another time."""
    return now + timedelta(days=plan.default_key_days)


def check_issue(
    organization: Organization,
    *,
    api_versions: Sequence[str],
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Raise ValidationError, naming each field, where the organization may not have this key."""
    if not organization.holds_keys:
        raise ValidationError(f"{organization} is {organization.get_status_display().lower()} and can hold no key.")
    plan = organization.plan_version
    problems = {
        "api_versions": _versions_problem(plan, api_versions),
        "expires_at": _expiry_problem(plan, expires_at, now),
    }
    found = {field: problem for field, problem in problems.items() if problem}
    if found:
        raise ValidationError(found)


def _versions_problem(plan: PlanVersion, wanted: Sequence[str]) -> str:
    if not wanted:
        return "Choose at least one API version."
    outside = sorted(set(wanted) - set(plan.api_versions))
    return f"The plan {plan.plan.name} does not include {', '.join(outside)}." if outside else ""


def _expiry_problem(plan: PlanVersion, expires_at: datetime | None, now: datetime) -> str:
    if expires_at is not None and expires_at <= now:
        return "The time is in the past."
    longest = plan.longest_key_days
    if longest and (expires_at is None or expires_at > now + timedelta(days=longest, minutes=1)):
        return f"The plan {plan.plan.name} allows a key at most {longest} days."
    return ""
