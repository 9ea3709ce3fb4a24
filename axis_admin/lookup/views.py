"""The box on the first page, and the palette: what is pasted is looked up in memory, and goes nowhere else."""

import codecs
from collections.abc import ItemsView
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import defaults
from django.views.debug import SafeExceptionReporterFilter
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from axis_admin.lookup import calls, credentials, objects, uploads
from axis_admin.lookup.finds import Asked, Find, Finder
from keys import leaks, mentions
from orgs import pages
from orgs.requests import StaffRequest

TOO_LARGE = 413
LONGEST_NAME = 80
# In the order of the answer: what is urgent first.
FINDERS: tuple[Finder, ...] = (
    credentials.find,
    credentials.find_imported,
    calls.find_refusals,
    calls.find_generations,
    objects.find_prefixes,
    objects.find_ids,
    objects.find_organizations,
    calls.find_addresses,
    objects.find_names,
    calls.find_passed,
)


class NothingShown(SafeExceptionReporterFilter):
    """Of what fails while something is looked up an error page shows no values, whatever the settings say."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> ItemsView[str, Any]:
        return {}.items()


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def lookup(request: StaffRequest) -> HttpResponse:
    """Answer what a text or a file is about. A page with the box; for htmx the answer alone."""
    request.exception_reporter_filter = NothingShown()
    if cut := pages.without_keys(request):
        return cut
    place: dict[str, Any] = pages.place("Look up")
    if request.method != "POST":
        return render(request, "lookup/lookup.html", place)
    text = _text(request)
    if text is None:
        return _too_large(request)
    found = found_in(request, text)
    if not pages.is_fragment(request):
        return render(request, "lookup/lookup.html", {**place, **found})
    in_palette = request.POST.get("in") == "palette"
    return render(request, "lookup/_palette.html" if in_palette else "lookup/_found.html", found)


def found_in(request: StaffRequest, text: str) -> dict[str, Any]:
    """Return what the person may see of what the text mentions, and a sentence about it."""
    said = mentions.read(text)
    line = text.strip()
    is_name = len(line) <= LONGEST_NAME and "\n" not in line and line in said.words
    imported = leaks.imported(text, most=mentions.MOST_CREDENTIALS)
    asked = Asked(request, said, timezone.now(), imported, line if is_name else "")
    finds = objects.once(find for finder in FINDERS for find in finder(asked))
    return {
        "finds": finds,
        "said": _said(finds),
        "searched": asked.searched,
        "asked": bool(line),
        "is_urgent": any(find.tone == "bad" for find in finds),
        "is_cut": said.is_cut or len(imported) > mentions.MOST_CREDENTIALS,
        # What held a secret does not stay in the box either.
        "held_secret": bool(said.credentials or said.misspelt or any(find.icon == "fire" for find in finds)),
    }


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what was refused before any view was asked; of a text that is too large say so."""
    if isinstance(exception, RequestDataTooBig) and hasattr(request, "staff"):
        return _too_large(request)
    return defaults.bad_request(request, exception or Exception())


def _text(request: StaffRequest) -> str | None:
    """What was pasted, and the file with it; None where either is too large. NUL stands for nothing."""
    pasted = request.POST.get("q", "")
    file = request.FILES.get("file")
    if getattr(request, "is_file_too_large", False) or len(pasted) > uploads.LARGEST:
        return None
    parts = [pasted, _decoded(file.read()) if file else ""]
    return "\n".join(filter(None, parts)).replace("\0", " ")


def _decoded(raw: bytes) -> str:
    """Read a file as text, whatever it is: what is no text holds nothing of ours."""
    is_wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return raw.decode("utf-16" if is_wide else "utf-8", errors="replace")


def _said(finds: list[Find]) -> str:
    urgent = sum(find.tone == "bad" for find in finds)
    if urgent:
        return "A secret of ours that works is in this text" if urgent == 1 else f"{urgent} secrets of ours that work"
    if not finds:
        return "Nothing found"
    return "1 thing found" if len(finds) == 1 else f"{len(finds)} things found"


def _too_large(request: HttpRequest) -> HttpResponse:
    context = {**pages.place("Look up"), "largest": uploads.LARGEST // 1024**2, "is_too_large": True}
    return render(request, "lookup/lookup.html", context, status=TOO_LARGE)
