"""The gallery: one of each component in the current theme and density. In debug only."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from axis_admin import specimens


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """One of each component."""
    keys = [(*row[:5], specimens.spark(row[5])) for row in specimens.KEYS]
    context = {
        "title": "Components",
        "keys": keys,
        "form": specimens.form(),
        "bars": specimens.bars(),
        "limit": specimens.limit(),
        "timeline": specimens.timeline(),
        "specimens": specimens,
    }
    return render(request, "gallery/components.html", context)


@require_safe
def states(request: HttpRequest) -> HttpResponse:
    """Empty states, and the secret as it is shown once."""
    context = {"title": "States", "facts": [("May call", "v2, live"), ("Expires", "22 Feb 2027")]}
    return render(request, "gallery/states.html", context)
