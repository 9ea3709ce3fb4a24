"""Issue, rotate and revoke a key: each a dialog and a page at the same address."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from keys import actions, forms, rotation
from keys.models import ApiKey, ApiKeyQuerySet
from orgs import access, pages, proof
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
    form = forms.IssueForm(
        pages.posted(request), request=request, permission=permission, obj=organization, organization=organization
    )
    if pages.accepted(form, lambda: actions.issue_key(organization=organization, actor=request.actor, **form.wanted)):
        proof.use(request, permission)
        key, credential = form.result
        return _revealed(
            request, key, credential, said=f"Key {key} of {organization}. This is the only time it is shown."
        )
    context = {"organization": organization, **pages.under(organization, "Issue key")}
    return pages.dialog(request, "keys/issue.html", context, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_ROTATE)
def rotate(request: StaffRequest, uid: str) -> HttpResponse:
    """Give a key a new secret; the old one works until the overlap ends."""
    key = access.find(request, _rows(), Permission.KEY_ROTATE, uid=uid)
    problem = actions.rotation_problem(key, now=timezone.now())
    if request.method != "POST" and problem:
        return pages.refused(request, reverse("keys:detail", args=[uid]), problem)
    form = forms.RotateForm(pages.posted(request), request=request, permission=Permission.KEY_ROTATE, obj=key, key=key)
    if pages.accepted(form, lambda: _rotate(request, key, form)):
        proof.use(request, Permission.KEY_ROTATE)
        _, credential = form.result
        said = f"New secret of key {key}. This is the only time it is shown."
        return _revealed(request, ApiKey.objects.with_secrets().get(pk=key.pk), credential, said=said)
    return pages.dialog(request, "keys/rotate.html", {"key": key, **_under(key, "Rotate")}, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_REVOKE)
def revoke(request: StaffRequest, uid: str) -> HttpResponse:
    """Refuse a key from now on."""
    key = access.find(request, _rows(), Permission.KEY_REVOKE, uid=uid)
    if request.method != "POST" and key.state == ApiKey.State.REVOKED:
        return pages.refused(request, reverse("keys:detail", args=[uid]), f"{key} is revoked already.")
    form = forms.RevokeForm(pages.posted(request), request=request, permission=Permission.KEY_REVOKE, obj=key)
    if pages.accepted(
        form,
        lambda: actions.revoke_key(key=key, actor=request.actor, code=form.cleaned_data["code"], **form.why),
    ):
        return pages.done(request, reverse("keys:detail", args=[uid]), f"Key {key} is revoked.")
    return pages.dialog(request, "keys/revoke.html", {"key": key, **_under(key, "Revoke")}, form=form)


def _rows() -> ApiKeyQuerySet:
    return ApiKey.objects.select_related("organization__plan_version__plan")


def _under(key: ApiKey, title: str) -> dict[str, Any]:
    return pages.place(title, ("Keys", reverse("keys:index")), (key.name, reverse("keys:detail", args=[key.uid])))


def _rotate(request: StaffRequest, key: ApiKey, form: forms.RotateForm) -> object:
    overlap = rotation.OVERLAPS[form.cleaned_data["overlap"]]
    seen = form.cleaned_data["version"]
    return actions.rotate_key(key=key, actor=request.actor, overlap=overlap, seen_version=seen, **form.why)


def _revealed(request: StaffRequest, key: ApiKey, credential: str, *, said: str) -> HttpResponse:
    context = {
        "key": key,
        "credential": credential,
        "said": said,
        "facts": _facts(key),
        "test": _test_request(key),
        "done": reverse("keys:detail", args=[key.uid]),
        **_under(key, "Secret"),
    }
    return pages.dialog(request, "keys/issued.html", context)


def _facts(key: ApiKey) -> list[tuple[str, str]]:
    facts = [("May call", f"{', '.join(key.api_versions)}, {key.environment}")]
    if key.is_rotating(at=timezone.now()) and (old := key.overlap_secret) and old.overlap_until:
        facts.append(("The old secret stops", f"{old.overlap_until:%-d %b %Y, %H:%M} UTC"))
    expires = f"{key.expires_at:%-d %b %Y, %H:%M} UTC" if key.expires_at else "never"
    return [*facts, ("Expires", expires), ("Organization id", key.organization.uid)]


def _test_request(key: ApiKey) -> str:
    """A request for the customer to try; the secret is a placeholder, since it is never in an attribute."""
    return (
        f'curl -X POST "{settings.API_URL}/{key.api_versions[0]}/generate-image"'
        f' -H "Authorization: Bearer YOUR_API_KEY" -H "X-External-Org-Id: {key.organization.uid}"'
        ' -H "Idempotency-Key: $(uuidgen)" -H "Content-Type: application/json"'
        ' -d \'{"prompt": "Product hero on marble surface", "aspectRatio": "16:9", "resolution": "2K"}\''
    )
