"""Pause, resume and edit a key."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from keys import actions, dry_run, editing_forms, freshness
from keys.models import ApiKey, ApiKeyQuerySet
from orgs import access, changes, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_PAUSE)
def pause(request: StaffRequest, uid: str) -> HttpResponse:
    """Refuse a key until somebody resumes it."""
    key = access.find(request, _rows(), Permission.KEY_PAUSE, uid=uid)
    if request.method != "POST" and (problem := actions.pausing_problem(key)):
        return pages.refused(request, _page(key), problem)
    form = pages.asked(editing_forms.PauseForm, request, Permission.KEY_PAUSE, key)
    if pages.accepted(form, lambda: actions.pause_key(key=key, actor=request.actor, **form.why)):
        changes.settle(key.organization)
        return pages.done(request, _page(key), f"Key {key} is paused.")
    run = dry_run.up_to_now(key, doing="Pausing")
    return pages.dialog(request, "keys/pause.html", {"key": key, "run": run, **_under(key, "Pause")}, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_RESUME)
def resume(request: StaffRequest, uid: str) -> HttpResponse:
    """Let a paused key work again."""
    key = access.find(request, _rows(), Permission.KEY_RESUME, uid=uid)
    if request.method != "POST" and (problem := actions.resuming_problem(key)):
        return pages.refused(request, _page(key), problem)
    form = pages.asked(editing_forms.ResumeForm, request, Permission.KEY_RESUME, key, key=key)
    if pages.accepted(form, lambda: _resume(request, key, form)):
        return pages.done(request, _page(key), f"Key {key} works again.")
    return pages.dialog(request, "keys/resume.html", {"key": key, **_under(key, "Resume")}, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_EDIT)
def edit(request: StaffRequest, uid: str) -> HttpResponse:
    """Change what a key may do, and for how long."""
    key = access.find(request, _rows(), Permission.KEY_EDIT, uid=uid)
    if request.method != "POST" and (problem := actions.editing_problem(key)):
        return pages.refused(request, _page(key), problem)
    form = pages.asked(editing_forms.EditForm, request, Permission.KEY_EDIT, key, key=key)
    run = _to_review(key, form)
    if run is None and pages.accepted(form, lambda: _edit(request, key, form)):
        said = f"Key {key} was saved." if form.result.version != key.version else "Nothing was different."
        return pages.done(request, _page(key), said)
    status = pages.UNPROCESSABLE if form.errors else 200
    context = {"key": key, "form": form, "run": run, **_under(key, "Edit")}
    return render(request, "keys/edit.html", context, status=status)


def _resume(request: StaffRequest, key: ApiKey, form: editing_forms.ResumeForm) -> ApiKey:
    return actions.resume_key(key=key, actor=request.actor, seen_version=form.cleaned_data["version"], **form.why)


def _edit(request: StaffRequest, key: ApiKey, form: editing_forms.EditForm) -> ApiKey:
    seen = form.cleaned_data["version"]
    return actions.edit_key(key=key, actor=request.actor, values=form.values, seen_version=seen, **form.why)


def _to_review(key: ApiKey, form: editing_forms.EditForm) -> dry_run.DryRun | None:
    """What the list of networks would have refused; nothing where that was seen already, or nothing was refused."""
    if not form.is_bound or not form.is_valid() or not form.narrows:
        return None
    freshness.refresh(key.organization_id)
    run = dry_run.of_networks(key, form.networks, timezone.now())
    if not run.calls:
        return None
    form.was_reviewed()
    return run


def _rows() -> ApiKeyQuerySet:
    return ApiKey.objects.select_related("organization__plan_version__plan", "organization__account_manager")


def _page(key: ApiKey) -> str:
    return reverse("keys:detail", args=[key.uid])


def _under(key: ApiKey, title: str) -> dict[str, Any]:
    return pages.place(title, ("Keys", reverse("keys:index")), (key.name, _page(key)))
