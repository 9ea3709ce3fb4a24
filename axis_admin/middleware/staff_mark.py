"""A browser of our staff carries a mark while somebody is signed in, which the customers' door reads on its own host.

A session's cookie is bound to the staff site's host and stays there. The mark opens nothing: it says who is signed in,
signed, to every host below STAFF_MARK_DOMAIN, until they sign out or a session could last no longer.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core import signing
from django.http import HttpRequest, HttpResponse

SALT = "axis_admin.staff_mark"


class StaffMark:
    """Sets the mark where a person is signed in, and takes it away where nobody is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        signed_in = request.session.get(SESSION_KEY)
        if signed_in and marked(request) != signed_in:
            response.set_cookie(
                settings.STAFF_MARK_COOKIE_NAME,
                signing.dumps(signed_in, salt=SALT),
                max_age=settings.SESSION_LONGEST,
                domain=settings.STAFF_MARK_DOMAIN,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        elif not signed_in and settings.STAFF_MARK_COOKIE_NAME in request.COOKIES:
            response.delete_cookie(settings.STAFF_MARK_COOKIE_NAME, domain=settings.STAFF_MARK_DOMAIN, samesite="Lax")
        return response


def marked(request: HttpRequest) -> str | None:
    """Return the primary key of the person whose mark the browser carries."""
    try:
        text = request.COOKIES.get(settings.STAFF_MARK_COOKIE_NAME, "")
        key: str = signing.loads(text, salt=SALT, max_age=settings.SESSION_LONGEST)
    except signing.BadSignature:
        return None
    return key
