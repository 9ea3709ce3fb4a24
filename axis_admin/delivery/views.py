"""Open a one-time link. GET shows a button and asks nobody; the POST that carries the token reveals, once."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from audit import trail
from axis_admin.delivery import attempts, staff_browsers, welcome
from keys import actions, deliveries
from keys.actions.openings import Repeated
from keys.models import DeliveryLink
from orgs.models import Staff

NOT_FOUND, FORBIDDEN, CONFLICT, TOO_MANY = 404, 403, 409, 429
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
View = Callable[[HttpRequest, str], HttpResponse]


def guarded(view: View) -> View:
    """Have every answer kept nowhere, found by no search, and named to no other site."""

    @wraps(view)
    def answer(request: HttpRequest, uid: str) -> HttpResponse:
        response = view(request, uid)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return answer


# A forged request does no harm: who knows the token needs nobody's browser, and who does not know it opens nothing.
@csrf_exempt
@login_not_required
@guarded
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("token")
def delivery(request: HttpRequest, uid: str) -> HttpResponse:
    """Show the customer their secret; a browser of our own staff is refused, and the link stays good."""
    person = staff_browsers.staff_of(request)
    if person is not None:
        return _refused(request, uid, person)
    if request.method != "POST":
        # The same for every id there is or is not: previews burn nothing and learn nothing.
        return render(request, "delivery/link.html", {"uid": uid})
    if not attempts.spend(request.META.get("REMOTE_ADDR", "")):
        return render(request, "delivery/link.html", {"uid": uid, "problem": "often"}, status=TOO_MANY)
    return _reveal(request, uid) or _neutral(request, uid)


def _reveal(request: HttpRequest, uid: str) -> HttpResponse | None:
    token = deliveries.token_in(request.POST.get("token", ""), uid=uid)
    if token is None or not deliveries.is_uid(uid):
        return None
    holder = trail.Actor("customer", uid, "The holder of the link", **_circumstances(request))
    # The page is drawn before the commit: one that cannot be drawn leaves the link good.
    with transaction.atomic():
        revealed = actions.open_link(uid=uid, token=token, actor=holder)
        if isinstance(revealed, Repeated):
            return render(request, "delivery/link.html", {"uid": uid, "problem": "twice"}, status=CONFLICT)
        return render(request, "delivery/welcome.html", welcome.context(revealed)) if revealed else None


def _neutral(request: HttpRequest, uid: str) -> HttpResponse:
    """One answer for a link that is missing, expired, cancelled or used, and for a wrong token."""
    return render(request, "delivery/link.html", {"uid": uid, "problem": "nothing"}, status=NOT_FOUND)


def _refused(request: HttpRequest, uid: str, person: Staff) -> HttpResponse:
    link = DeliveryLink.objects.with_keys().filter(uid=uid).first() if deliveries.is_uid(uid) else None
    if link is not None:
        actions.refuse_link(link=link, actor=_staff(request, person))
    return render(request, "delivery/staff.html", {"person": person}, status=FORBIDDEN)


def _staff(request: HttpRequest, person: Staff) -> trail.Actor:
    roles = tuple(person.role_labels)
    return trail.Actor("staff", person.uid, str(person), roles=roles, **_circumstances(request))


def _circumstances(request: HttpRequest) -> dict[str, Any]:
    return {
        "address": request.META.get("REMOTE_ADDR", ""),
        "user_agent": request.headers.get("User-Agent", ""),
        "request_id": getattr(request, "id", ""),
        "route": "delivery",
    }
