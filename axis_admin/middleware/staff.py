"""Who is asking: sets `request.staff` and `request.actor`, and sends strangers to the sign-in page."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django_htmx.http import HttpResponseClientRedirect
from redis.exceptions import RedisError

from audit import trail
from orgs.access import StaffInSession

NOT_FOUND = 404
UNAVAILABLE = 503
log = logging.getLogger(__name__)


class StaffMiddleware:
    """Everything needs a signed-in person, except views that say `login_required = False` (Django's decorator)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Asked before the view: on a surface with both doors the gateway's view puts its own caller there.
        is_signed_in = request.user.is_authenticated
        if is_signed_in:
            request.staff = StaffInSession(request, request.user)  # type: ignore[attr-defined,arg-type]
        response = self.get_response(request)
        # Nothing of what somebody saw here stays in the browser once they have signed out.
        if is_signed_in:
            response["Cache-Control"] = "no-store"
        # An address that does not exist is none of a stranger's business either.
        if response.status_code == NOT_FOUND and request.resolver_match is None and not is_signed_in:
            return to_sign_in(request)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        request.actor = actor_of(request)  # type: ignore[attr-defined]
        if request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        return to_sign_in(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Say so in our look where the counter store does not answer: passwords are not checked without counting."""
        if not isinstance(error, RedisError):
            return None
        log.error("The counter store does not answer: %s", type(error).__name__)
        return render(request, "503.html", status=UNAVAILABLE)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a stranger to the sign-in page, and afterwards back to the page that they wanted."""
    if getattr(request, "htmx", None):
        # A fragment's address is no place to come back to: htmx says which page it was in, and only its path counts.
        return HttpResponseClientRedirect(_sign_in(request.htmx.current_url_abs_path or "/"))  # type: ignore[attr-defined]
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


def _sign_in(back: str) -> str:
    return redirect_to_login(back, login_url=resolve_url(settings.LOGIN_URL)).url


def actor_of(request: HttpRequest) -> trail.Actor:
    """Return the person of the request as the trail knows them; a stranger where nobody is signed in."""
    match = request.resolver_match
    circumstances: dict[str, Any] = {
        "address": request.META.get("REMOTE_ADDR") or None,
        "user_agent": request.headers.get("User-Agent", ""),
        "request_id": getattr(request, "id", ""),
        "route": match.view_name if match else "",
    }
    user = request.user
    if not user.is_authenticated:
        return trail.Actor("staff", "stranger", "Somebody not signed in", **circumstances)
    methods = tuple(entry.get("method", "") for entry in request.session.get("account_authentication_methods", ()))
    return trail.Actor(
        "staff", user.uid, str(user), roles=tuple(user.role_labels), auth_methods=methods, **circumstances
    )
