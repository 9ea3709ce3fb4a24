"""What a plan allows a key: which versions, and how long a life. The time is an argument."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError

from keys.models import ApiKey
from orgs.models import Organization, PlanVersion

SHORTEST_ROTATION, LONGEST_ROTATION = timedelta(days=1), timedelta(days=1095)


def default_expiry(plan: PlanVersion, *, now: datetime) -> datetime:
    """Return when a key expires for which nobody chose another time."""
    return now + timedelta(days=plan.default_key_days)


def check_issue(
    organization: Organization,
    *,
    api_versions: Sequence[str],
    expires_at: datetime | None,
    not_before: datetime | None = None,
    rotate_every: timedelta | None = None,
    now: datetime,
) -> None:
    """Raise ValidationError, naming each field, where the organization may not have this key."""
    if not organization.holds_keys:
        raise ValidationError(f"{organization} is {organization.get_status_display().lower()} and can hold no key.")
    plan = organization.plan_version
    problems = {
        "api_versions": _versions_problem(plan, api_versions),
        "expires_at": _expiry_problem(plan, expires_at, now),
        "not_before": _beginning_problem(not_before, expires_at, now),
        "rotate_every": _rotation_problem(rotate_every),
    }
    found = {field: problem for field, problem in problems.items() if problem}
    if found:
        raise ValidationError(found)


def check_edit(key: ApiKey, changed: Collection[str], *, now: datetime) -> None:
    """Raise ValidationError, naming each field, where a key may not become what it is now in the changed fields.

    What was not changed is left alone: it may be older than the plan's present terms.
    """
    plan = key.organization.plan_version
    problems = {
        "api_versions": _versions_problem(plan, key.api_versions),
        "expires_at": _expiry_problem(plan, key.expires_at, now),
        "not_before": _beginning_problem(key.not_before, key.expires_at, now),
        "rotate_every": _rotation_problem(key.rotate_every),
    }
    found = {field: problem for field, problem in problems.items() if problem and field in changed}
    if "expires_at" in changed and not found and _begins_too_late(key.not_before, key.expires_at):
        found["expires_at"] = "The key would expire before it begins to work."
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


def _beginning_problem(not_before: datetime | None, expires_at: datetime | None, now: datetime) -> str:
    if not_before is not None and not_before <= now:
        return "The time is in the past. Leave it empty for a key that works at once."
    return "The key would expire before it begins to work." if _begins_too_late(not_before, expires_at) else ""


def _begins_too_late(not_before: datetime | None, expires_at: datetime | None) -> bool:
    return None not in (not_before, expires_at) and not_before >= expires_at  # type: ignore[operator]


def _rotation_problem(every: timedelta | None) -> str:
    if every is not None and not SHORTEST_ROTATION <= every <= LONGEST_ROTATION:
        return f"From {SHORTEST_ROTATION.days} day to {LONGEST_ROTATION.days} days."
    return ""
