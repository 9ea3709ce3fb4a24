"""A session ends after half an hour without a request, and after ten hours in any case."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

STARTED = "started_at"
SEEN = "seen_at"
# Being seen is written at most this often, so that a page with ten fragments costs one write.
SAVE_EVERY = timedelta(minutes=1)


class SessionLimits:
    """Flushes a session past its limits before anybody reads a user from it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        enforce(request, now=timezone.now())
        response = self.get_response(request)
        # Its start is the sign-in, not what an anonymous visitor's session brought along.
        if SESSION_KEY in request.session and STARTED not in request.session:
            begin(request, now=timezone.now())
        return response


def begin(request: HttpRequest, *, now: datetime) -> None:
    """Start both clocks of the session."""
    request.session[STARTED] = request.session[SEEN] = now.isoformat()


def enforce(request: HttpRequest, *, now: datetime) -> None:
    """End a signed-in session that is over; else remember that it was used."""
    session = request.session
    if SESSION_KEY not in session or STARTED not in session:
        return
    started, seen = datetime.fromisoformat(session[STARTED]), datetime.fromisoformat(session[SEEN])
    if is_over(started, seen, now):
        session.flush()
    elif now - seen >= SAVE_EVERY:
        session[SEEN] = now.isoformat()


def is_over(started: datetime, seen: datetime, now: datetime) -> bool:
    """Whether a session with this start and this last request may no longer be used."""
    return now - started >= settings.SESSION_LONGEST or now - seen >= settings.SESSION_IDLE
