"""Step-up: proof that the person at the keyboard is still the one who signed in. Here the proof is the password.

The proof lasts 10 minutes. For issuing and rotating it lasts 10 minutes from the last use, at most 60.
"""

from datetime import datetime, timedelta

from allauth.core import ratelimit
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from orgs.policy import Permission
from orgs.requests import StaffRequest

PROVED, USED = "proved_at", "proof_used_at"
LASTS = timedelta(minutes=10)
AT_MOST = timedelta(minutes=60)
RENEWED_BY_USE = frozenset({Permission.KEY_ISSUE, Permission.KEY_ROTATE, Permission.KEY_DELIVER})


def is_fresh(proved: datetime | None, used: datetime | None, *, permission: Permission, now: datetime) -> bool:
    """Say whether a proof of that time, last used then, still counts for the permission."""
    if proved is None or now - proved >= AT_MOST:
        return False
    since = max(proved, used) if used and permission in RENEWED_BY_USE else proved
    return now - since < LASTS


def holds(request: StaffRequest, permission: Permission) -> bool:
    """Say whether the session carries a proof that counts for the permission now."""
    session = request.session
    return is_fresh(_time(session.get(PROVED)), _time(session.get(USED)), permission=permission, now=timezone.now())


def use(request: StaffRequest, permission: Permission) -> None:
    """Note that the proof was used, which keeps it alive for issuing and rotating."""
    if permission in RENEWED_BY_USE and PROVED in request.session:
        request.session[USED] = timezone.now().isoformat()


def prove(request: StaffRequest, *, password: str, actor: trail.Actor) -> bool:
    """Check the password; a right one is remembered in the session, a wrong one is recorded and counted."""
    user = request.user
    # allauth's own limit, so that this page cannot be used to go on guessing where sign-in has stopped it.
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        return False
    if not user.check_password(password):
        trail.record_refusal(Verb.STAFF_STEPPED_UP, actor=actor, target=user.target, reason="wrong password")
        return False
    request.session[PROVED] = timezone.now().isoformat()
    request.session.pop(USED, None)
    return True


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
