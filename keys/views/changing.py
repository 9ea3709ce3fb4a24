"""Issue, rotate and revoke a key: each a dialog and a page at the same address."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from keys import actions, dry_run, forms, rotation, rotation_forms
from keys.models import ApiKey, ApiKeyQuerySet
from keys.views import handing
from orgs import access, changes, pages, proof
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_ISSUE)
def issue(request: StaffRequest, uid: str) -> HttpResponse:
    """Issue a key; its secret stands in this answer alone."""
    permission = Permission.KEY_ISSUE
    rows = Organization.objects.select_related("plan_version__plan")
    organization = access.find(request, rows, permission, uid=uid)
    if request.method != "POST" and not organization.holds_keys:
        problem = f"{organization} is {organization.get_status_display().lower()} and can hold no key."
        return pages.refused(request, reverse("keys:for_org", args=[uid]), problem)
    form = pages.asked(forms.IssueForm, request, permission, organization, organization=organization)
    if pages.accepted(form, lambda: handing.make(request, form, lambda: _issue(request, organization, form))):
        proof.use(request, permission)
        if form.by_link:
            return handing.handed_over(request, form, place=pages.under(organization, "One-time link"))
        key, credential = form.result
        return revealed(
            request, key, credential, said=f"Key {key} of {organization}. This is the only time it is shown."
        )
    context = {"organization": organization, **pages.under(organization, "Issue key")}
    return pages.dialog(request, "keys/issue.html", context, form=form, back=reverse("keys:for_org", args=[uid]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_ROTATE)
def rotate(request: StaffRequest, uid: str) -> HttpResponse:
    """Give a key a new secret; the old one works until the overlap ends."""
    key = access.find(request, _rows(), Permission.KEY_ROTATE, uid=uid)
    problem = actions.rotation_problem(key, now=timezone.now())
    if request.method != "POST" and problem:
        return pages.refused(request, reverse("keys:detail", args=[uid]), problem)
    form = pages.asked(rotation_forms.RotateForm, request, Permission.KEY_ROTATE, key, key=key)
    if pages.accepted(form, lambda: handing.make(request, form, lambda: _rotate(request, key, form))):
        proof.use(request, Permission.KEY_ROTATE)
        changes.settle(key.organization)
        if form.by_link:
            return handing.handed_over(request, form, place=under_key(key, "One-time link"), done="keys:rotation")
        _, credential = form.result
        said = f"New secret of key {key}. This is the only time it is shown."
        return revealed(request, key, credential, said=said, done="keys:rotation")
    context = {"key": key, "standing": key.standing(at=timezone.now()), **under_key(key, "Rotate")}
    return pages.dialog(request, "keys/rotate.html", context, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_REVOKE)
def revoke(request: StaffRequest, uid: str) -> HttpResponse:
    """Refuse a key from now on."""
    key = access.find(request, _rows(), Permission.KEY_REVOKE, uid=uid)
    if request.method != "POST" and key.state == ApiKey.State.REVOKED:
        return pages.refused(request, reverse("keys:detail", args=[uid]), f"{key} is revoked already.")
    form = pages.asked(forms.RevokeForm, request, Permission.KEY_REVOKE, key)
    if pages.accepted(
        form,
        lambda: actions.revoke_key(key=key, actor=request.actor, code=form.cleaned_data["code"], **form.why),
    ):
        # Nobody is told that it is refused before it is, everywhere.
        changes.settle(key.organization)
        return pages.done(request, reverse("keys:detail", args=[uid]), f"Key {key} is revoked.")
    context = {"key": key, "run": dry_run.up_to_now(key, doing="Revoking"), **under_key(key, "Revoke")}
    return pages.dialog(request, "keys/revoke.html", context, form=form)


def _issue(request: StaffRequest, organization: Organization, form: forms.IssueForm) -> handing.Made:
    return actions.issue_key(organization=organization, actor=request.actor, **form.wanted)


def _rotate(request: StaffRequest, key: ApiKey, form: rotation_forms.RotateForm) -> handing.Made:
    return actions.rotate_key(key=key, actor=request.actor, **form.wanted)


def _rows() -> ApiKeyQuerySet:
    return ApiKey.objects.select_related("organization__plan_version__plan")


def under_key(key: ApiKey, title: str) -> dict[str, Any]:
    """Return the place of a page below a key's."""
    return pages.place(title, ("Keys", reverse("keys:index")), (key.name, reverse("keys:detail", args=[key.uid])))


def revealed(
    request: StaffRequest, key: ApiKey, credential: str, *, said: str, done: str = "keys:detail"
) -> HttpResponse:
    """Show a credential, the only time that anybody can see it; `done` is the key's page to go on to."""
    key = ApiKey.objects.with_secrets().get(pk=key.pk)
    context = {
        "key": key,
        "credential": credential,
        "said": said,
        "facts": _facts(key),
        "test": _test_request(key),
        "done": reverse(done, args=[key.uid]),
        **under_key(key, "Secret"),
    }
    return pages.dialog(request, "keys/issued.html", context)


def _facts(key: ApiKey) -> list[tuple[str, str]]:
    facts = [("May call", f"{', '.join(key.api_versions)}, {key.environment}")]
    current, old, pending = key.standing(at=timezone.now())
    if pending is not None and pending.activates_at:
        facts.append(("It begins", _clock(pending.activates_at)))
    if (stops := old or (pending and current)) and stops.overlap_until:
        facts.append(("The old secret stops", rotation.stops(stops)))
    expires = _clock(key.expires_at) if key.expires_at else "never"
    return [*facts, ("Expires", expires), ("Organization id", key.organization.uid)]


def _test_request(key: ApiKey) -> str:
    """A request for the customer to try; the secret is a placeholder, since it is never in an attribute."""
    return (
        f'curl -X POST "{settings.API_URL}/{key.api_versions[0]}/generate-image"'
        f' -H "Authorization: Bearer YOUR_API_KEY" -H "X-External-Org-Id: {key.organization.uid}"'
        ' -H "Idempotency-Key: $(uuidgen)" -H "Content-Type: application/json"'
        ' -d \'{"prompt": "Product hero on marble surface", "aspectRatio": "16:9", "resolution": "2K"}\''
    )


def _clock(at: datetime) -> str:
    return f"{at:%-d %b %Y, %H:%M} UTC"
