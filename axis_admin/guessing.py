"""How often a password may be guessed at sign-in, so that guessing ends and nobody locks somebody else out.

From a browser that the person has not signed in with before, wrong passwords count per address, per account at one
address, and per account. A browser that they have signed in with carries a signed cookie, and counts for itself alone.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from orgs.models import Staff

LASTS = timedelta(days=180)


def consume(request: HttpRequest, *, email: str) -> RateLimitUsage | None:
    """Count one attempt; None where there were too many. Roll back what is returned when the password was right."""
    person = Staff.objects.filter(email__iexact=email).first()
    account = person.uid if person else email.lower()
    browser = known_browser(request, person) if person else None
    address = ratelimit.get_ip(request)
    if browser:
        counted = {"login_failed_known": f"{account} {browser}"}
    else:
        here = f"{account} {address}"
        counted = {"login_failed": address, "login_failed_here": here, "login_failed_account": account}
    usage = RateLimitUsage(usage=[])
    for action, key in counted.items():
        if not (one := ratelimit.consume(request, app="allauth.account", action=action, key=key)):
            return None
        usage.usage += one.usage
    return usage


def known_browser(request: HttpRequest, person: Staff) -> str | None:
    """Return the id of the browser if the person has signed in with it since they got their password."""
    try:
        browser: str = signing.loads(
            request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, ""), salt=_salt(person), max_age=LASTS
        )
    except signing.BadSignature:
        return None
    return browser


def remember(request: HttpRequest, answer: HttpResponse, person: Staff) -> None:
    """Let the browser say from now on that the person has signed in with it. It opens nothing without the password."""
    browser = known_browser(request, person) or secrets.token_urlsafe(12)
    answer.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps(browser, salt=_salt(person)),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _salt(person: Staff) -> str:
    # Of the account and its password, so that the cookie is good for no other and ends with the password.
    return f"axis_admin.guessing {person.uid} {person.get_session_auth_hash()}"
