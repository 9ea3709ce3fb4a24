"""Look at a key."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from keys import actions, decided, freshness, ranges, standings, states
from keys.models import ApiKey, DecisionHour
from orgs import access
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.KEY_SEE)
def detail(request: StaffRequest, uid: str) -> HttpResponse:
    """Show a key: how it stands, its calls, its secrets, what it may do, and who changed it."""
    key, is_fresh = freshness.reread(access.find(request, ApiKey, Permission.KEY_SEE, uid=uid))
    now = timezone.now()
    standing = key.standing(at=now)
    context = {
        "key": key,
        "tab": "Overview",
        "state": states.of_key(key, at=now),
        "secrets": states.of_secrets(key, at=now),
        "standings": standings.of(key, at=now),
        "current": None if standings.is_over(key, at=now) else standing.current,
        "due": key.rotation_due_at(at=now),
        "found": decided.history(DecisionHour.objects.filter(key=key), ranges.chosen("24h", default="24h"), now=now),
        "is_fresh": is_fresh,
        "may_edit": not actions.editing_problem(key) and request.staff.can(Permission.KEY_EDIT, key),
    }
    return render(request, "keys/detail.html", context)


@require_safe
@requires(Permission.KEY_SEE)
def history(request: StaffRequest, uid: str) -> HttpResponse:
    """Show everything that was done to a key."""
    key = access.find(request, ApiKey.objects.with_secrets(), Permission.KEY_SEE, uid=uid)
    context = {"key": key, "tab": "History", "state": states.of_key(key, at=timezone.now())}
    return render(request, "keys/history.html", context)
