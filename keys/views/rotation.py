"""The rotation of a key: how far it is, and what can be done about it while the old secret works."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from keys import actions, assurance, confirmations, course, cut_off, cutover, dry_run, freshness, rotation_forms, states
from keys.models import ApiKey, KeySecret
from keys.rotation import Standing
from keys.rotation import overlap_label as label
from keys.rotation_forms import KeyForm
from keys.views import handing
from keys.views.changing import revealed, under_key
from orgs import access, changes, pages, proof
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

SHOWN = timedelta(hours=48)
ENDED = "The old secret has ended already."
Step = TypeVar("Step", bound=KeyForm)


@require_safe
@requires(Permission.KEY_SEE)
def rotation(request: StaffRequest, uid: str) -> HttpResponse:
    """Show which secrets work, who uses which, and whether the old one can be ended."""
    key = access.find(request, ApiKey.objects.select_related("organization"), Permission.KEY_SEE, uid=uid)
    is_fresh = freshness.refresh(key.organization_id)
    key, now = ApiKey.objects.with_secrets().get(pk=key.pk), timezone.now()
    standing = key.standing(at=now)
    seen, lost = cutover.of(standing, now=now), cut_off.of(key, at=now)
    change = confirmations.of_rotation(key, at=now)
    context = {
        "key": key,
        "tab": "Rotation",
        "confirmed": confirmations.of(change) if change else None,
        "state": states.of_key(key, at=now),
        "standing": standing,
        "cutover": seen,
        "cut_off": lost,
        "verdict": assurance.said(seen.verdict, now=now, is_fresh=is_fresh, cut_off=len(lost)) if seen else None,
        "warned": _warned(key, standing, seen, now=now),
        "steps": course.steps(standing, seen, now=now),
        "chart": _chart(key, standing, now=now),
        "secrets": states.of_secrets(key, at=now),
        "due": key.rotation_due_at(at=now),
        "lasts": _lasts(standing),
        "longest": label(key.organization.plan_version.longest_overlap),
        "zone": key.organization.time_zone,
        "now": now,
        **_may(request, key, standing, now=now),
    }
    return render(request, "keys/rotation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_ROTATE)
def schedule_rotation(request: StaffRequest, uid: str) -> HttpResponse:
    """Give a key a new secret that begins at a time of the customer's choice."""
    key, standing = _found(request, uid)
    if request.method != "POST" and (problem := actions.rotation_problem(key, now=timezone.now())):
        return pages.refused(request, _page(key), problem)
    form = _form(rotation_forms.ScheduleForm, request, key, asked=request.GET)
    if pages.accepted(form, lambda: handing.make(request, form, lambda: _schedule(request, key, form))):
        proof.use(request, Permission.KEY_ROTATE)
        if form.by_link:
            return handing.handed_over(request, form, place=under_key(key, "One-time link"), done="keys:rotation")
        said = f"New secret of key {key}, to be stored before it begins. This is the only time it is shown."
        return revealed(request, key, form.result[1], said=said, done="keys:rotation")
    return _dialog(request, "schedule_rotation", key, standing, form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_ROTATE)
def cancel_rotation(request: StaffRequest, uid: str) -> HttpResponse:
    """Take back a scheduled rotation."""
    key, standing = _found(request, uid)
    if request.method != "POST" and standing.pending is None:
        return pages.refused(request, _page(key), "No rotation is scheduled, or it has begun already.")
    form = _form(rotation_forms.CancelRotationForm, request, key)
    if pages.accepted(form, lambda: actions.cancel_rotation(key=key, actor=request.actor, **form.wanted)):
        return _done(request, key, "The scheduled rotation is cancelled. Its secret never works.")
    return _dialog(request, "cancel_rotation", key, standing, form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_ROTATE)
def undo_rotation(request: StaffRequest, uid: str) -> HttpResponse:
    """Go back to the old secret; the new one is refused."""
    key, standing = _found(request, uid)
    if request.method != "POST" and standing.old is None:
        return pages.refused(request, _page(key), ENDED)
    form = _form(rotation_forms.UndoRotationForm, request, key)
    if pages.accepted(form, lambda: actions.undo_rotation(key=key, actor=request.actor, **form.wanted)):
        return _done(request, key, "The rotation is undone: the old secret is the current one again.")
    return _dialog(request, "undo_rotation", key, standing, form, calls=cutover.calls_of_day(standing.current))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_ROTATE)
def end_old_secret(request: StaffRequest, uid: str) -> HttpResponse:
    """Refuse the old secret from now on; shows first what that would have refused."""
    key, standing = _found(request, uid)
    if request.method != "POST" and standing.old is None:
        return pages.refused(request, _page(key), ENDED)
    form = _form(rotation_forms.EndOldSecretForm, request, key)
    if pages.accepted(form, lambda: actions.end_old_secret(key=key, actor=request.actor, **form.wanted)):
        return _done(request, key, "The old secret is ended.")
    return _dialog(request, "end_old_secret", key, standing, form, run=_would_refuse(key, standing))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_ROTATE)
def extend_overlap(request: StaffRequest, uid: str) -> HttpResponse:
    """Let the old secret work longer."""
    key, standing = _found(request, uid)
    if standing.old is None:
        return pages.refused(request, _page(key), ENDED)
    latest = actions.longest_end(key, standing.old)
    if request.method != "POST" and not rotation_forms.extensions(standing.old, latest=latest):
        return pages.refused(request, _page(key), "The overlap lasts as long as it can already.")
    safe_from = _safe_from(key, standing)
    form = _form(rotation_forms.ExtendOverlapForm, request, key, old=standing.old, latest=latest, safe_from=safe_from)
    if pages.accepted(form, lambda: actions.extend_overlap(key=key, actor=request.actor, **form.wanted)):
        return _done(request, key, f"The old secret works until {form.chosen:%-d %b %Y, %H:%M} UTC.")
    return _dialog(request, "extend_overlap", key, standing, form)


def _schedule(request: StaffRequest, key: ApiKey, form: rotation_forms.ScheduleForm) -> handing.Made:
    return actions.schedule_rotation(key=key, actor=request.actor, **form.wanted)


def _found(request: StaffRequest, uid: str) -> tuple[ApiKey, Standing]:
    rows = ApiKey.objects.with_secrets().select_related("organization__plan_version__plan")
    key = access.find(request, rows, Permission.KEY_ROTATE, uid=uid)
    return key, key.standing(at=timezone.now())


def _form(kind: type[Step], request: StaffRequest, key: ApiKey, **more: Any) -> Step:
    return pages.asked(kind, request, Permission.KEY_ROTATE, key, key=key, **more)


def _page(key: ApiKey) -> str:
    return reverse("keys:rotation", args=[key.uid])


def _done(request: StaffRequest, key: ApiKey, said: str) -> HttpResponse:
    proof.use(request, Permission.KEY_ROTATE)
    # Nobody is told that a secret is refused before it is, everywhere.
    changes.settle(key.organization)
    return pages.done(request, _page(key), said)


def _dialog(
    request: StaffRequest, name: str, key: ApiKey, standing: Standing, form: KeyForm, **context: Any
) -> HttpResponse:
    title = name.replace("_", " ").capitalize()
    whole = {"key": key, "standing": standing, **context, **under_key(key, title)}
    return pages.dialog(request, f"keys/{name}.html", whole, form=form, back=_page(key))


def _would_refuse(key: ApiKey, standing: Standing) -> dry_run.DryRun | None:
    """What ending it now would have refused; None where that is not known to the minute."""
    is_known = standing.old is not None and freshness.refresh(key.organization_id)
    return dry_run.of_ending_overlap(key, timezone.now()) if is_known else None


def _may(request: StaffRequest, key: ApiKey, standing: Standing, *, now: datetime) -> dict[str, bool]:
    """What the person can do here now."""
    may_rotate = not actions.rotation_problem(key, now=now) and request.staff.can(Permission.KEY_ROTATE, key)
    rotating, old = may_rotate and standing.old is not None, standing.old
    extendable = bool(old and rotation_forms.extensions(old, latest=actions.longest_end(key, old)))
    return {
        "may_rotate": may_rotate,
        "may_end": rotating,
        "may_undo": rotating and standing.pending is None,
        "may_extend": rotating and extendable,
        "may_cancel": may_rotate and standing.pending is not None,
        "may_revoke": key.state != ApiKey.State.REVOKED and request.staff.can(Permission.KEY_REVOKE, key),
    }


def _warned(key: ApiKey, standing: Standing, seen: cutover.Cutover | None, *, now: datetime) -> str:
    old = standing.old
    if old is None or old.overlap_until is None or seen is None:
        return ""
    latest = actions.longest_end(key, old)
    return assurance.warned(seen.verdict, until=old.overlap_until, latest=latest, now=now)


def _safe_from(key: ApiKey, standing: Standing) -> datetime | None:
    """When it will be safe to end the old secret, in whole minutes; None where that is not known."""
    freshness.refresh(key.organization_id)
    seen = cutover.of(standing, now=timezone.now())
    safe_from = seen.verdict.safe_from if seen else None
    return assurance.in_whole_minutes(safe_from) if safe_from else None


def _lasts(standing: Standing) -> str:
    """The heading of an overlap that runs."""
    old = standing.old
    if old is None or old.overlap_until is None:
        return ""
    if old.overlap_after_use is not None:
        return f"Overlap of {label(old.overlap_after_use)} from first use"
    began = old.overlap_began_at or (standing.current or old).began_at
    return f"Overlap of {label(old.overlap_until - began)}"


def _chart(key: ApiKey, standing: Standing, *, now: datetime) -> dict[str, Any] | None:
    """The calls of the last two days with every secret of the key: two by name, those before them as one."""
    current, secrets = standing.current, list(key.secrets.all())
    calls = cutover.by_hour(secrets, since=now - SHOWN)
    if not any(calls.values()):
        return None
    before = standing.old or next((each for each in secrets if current and each.pk < current.pk), None)
    labels = ("New secret", "Old secret") if standing.old else ("Current secret", "The one before")
    drawn: list[tuple[str, Sequence[KeySecret]]] = [
        (f"{label} …{each.last_four}", [each]) for label, each in zip(labels, (current, before), strict=True) if each
    ]
    earlier = [each for each in secrets if each not in (current, before) and calls.get(each.pk)]
    drawn += [("Earlier", earlier)] if earlier else []
    began = current.began_at if current and before else None
    return course.chart(drawn, calls, since=now - SHOWN, now=now, began=began)
