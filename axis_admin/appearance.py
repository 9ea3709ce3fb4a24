"""How the pages look to a person: theme, density and single-key shortcuts, kept in cookies and read on the server."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.views.decorators.http import require_POST

from axis_admin import redirects

YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Choice:
    """One thing that can be chosen. options: pairs of value and words, the first holds until another is chosen."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]

    @property
    def cookie(self) -> str:
        return f"axis-{self.name}"

    def chosen(self, request: HttpRequest) -> str:
        """The value from the cookie, or the first one if it is missing or unknown."""
        value = request.COOKIES.get(self.cookie, "")
        return value if value in dict(self.options) else self.options[0][0]


THEME = Choice("theme", "Theme", (("system", "System"), ("light", "Light"), ("dark", "Dark")))
DENSITY = Choice("density", "Density", (("comfortable", "Comfortable"), ("compact", "Compact")))
SHORTCUTS = Choice("shortcuts", "Single-key shortcuts", (("on", "On"), ("off", "Off")))
CHOICES = (THEME, DENSITY, SHORTCUTS)


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen, and go back to the page it was chosen on."""
    asked = [(choice, request.POST[choice.name]) for choice in CHOICES if choice.name in request.POST]
    if not asked or any(value not in dict(choice.options) for choice, value in asked):
        return HttpResponseBadRequest("theme, density or shortcuts, with one of its values", content_type="text/plain")
    response = HttpResponseRedirect(_back(request))
    for choice, value in asked:
        response.set_cookie(
            choice.cookie,
            value,
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    return wanted if redirects.is_own_path(wanted) else "/"
