"""Whose browser this is, where it is one of ours: the person who made a link must not be the one who opens it.

Read from the session's own row, since this surface has neither sessions nor sign-in around its requests.
"""

from datetime import datetime

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from axis_admin.middleware import sessions, staff_mark
from orgs.models import Staff


def staff_of(request: HttpRequest) -> Staff | None:
    """Return the person who is signed in with the browser: by its session here, or by the mark from the staff site."""
    person = _in_session(request)
    if person is None and (key := staff_mark.marked(request)):
        person = Staff.objects.filter(pk=key, is_active=True).first()
    return person


def _in_session(request: HttpRequest) -> Staff | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not key.isalnum():
        return None
    stored = SessionStore(key).load()
    if SESSION_KEY not in stored or _is_over(stored):
        return None
    person = Staff.objects.filter(pk=stored[SESSION_KEY], is_active=True).first()
    if person is None:
        return None
    # A session ends with the password that it was opened with.
    is_theirs = constant_time_compare(stored.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash())
    return person if is_theirs else None


def _is_over(stored: dict[str, str]) -> bool:
    if sessions.STARTED not in stored:
        return False
    started, seen = (datetime.fromisoformat(stored[name]) for name in (sessions.STARTED, sessions.SEEN))
    return sessions.is_over(started, seen, timezone.now())
