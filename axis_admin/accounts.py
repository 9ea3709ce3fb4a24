"""How allauth makes accounts here: it does not. What it says and where it leads, in the product's own way."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from axis_admin import guessing, redirects
from axis_admin.middleware import sessions
from axis_admin.middleware.staff import actor_of
from orgs.models import Staff

# Whatever was typed is not recorded: now and then it is a password.
UNKNOWN = trail.Target("staff", "unknown", "an unknown address")


class ClosedAccounts(DefaultAccountAdapter):
    """Staff are made by an administrator, never by themselves."""

    error_messages: ClassVar[dict[str, str]] = {
        **DefaultAccountAdapter.error_messages,
        # The same words whether the address exists or not.
        "email_password_mismatch": "Address and password do not match.",
        "account_inactive": "This account is closed. Ask an administrator.",
        "incorrect_password": "That is not your password.",
        "too_many_login_attempts": "Too many failed attempts. Wait a few minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether sign-in may lead there: paths on this site alone."""
        return redirects.is_own_path(url)

    def post_login(self, request: HttpRequest, user: Staff, **options: Any) -> HttpResponse:
        """Record the sign-in, and start the session's clocks."""
        sessions.begin(request, now=timezone.now())
        with transaction.atomic():
            how = {"method": "password"}
            trail.record(Verb.STAFF_SIGNED_IN, actor=actor_of(request), target=user.target, detail=how)
        answer: HttpResponse = super().post_login(request, user, **options)
        guessing.remember(request, answer, user)
        return answer

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse where too many passwords were wrong; allauth takes the count back when this one is right."""
        self._login_failed_rl_usage = guessing.consume(request, email=credentials.get("email") or "")
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record that somebody failed to sign in, by whose account if there is one."""
        person = Staff.objects.filter(email__iexact=credentials.get("email") or "").first()
        trail.record_refusal(
            Verb.STAFF_SIGN_IN_FAILED,
            actor=actor_of(request),
            target=person.target if person else UNKNOWN,
            outcome="failed",
            detail={"method": "password"},
        )
        super().authentication_failed(request, **credentials)

    def logout(self, request: HttpRequest) -> None:
        """Record the sign-out."""
        if isinstance(request.user, Staff):
            with transaction.atomic():
                trail.record(Verb.STAFF_SIGNED_OUT, actor=actor_of(request), target=request.user.target)
        super().logout(request)
