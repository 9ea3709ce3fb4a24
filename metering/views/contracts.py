"""The contract of an organization: what is agreed, what was, and the editor of what is to come."""

from datetime import datetime
from zoneinfo import available_timezones

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit import scope
from metering import actions, contract_versions, contract_withdrawals, contracts, term_words, terms
from metering.models import Contract
from metering.views.contract_editor import Editor
from orgs import access, pages
from orgs.access import requires
from orgs.forms import ReasonForm
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.USAGE_SEE)
def contract(request: StaffRequest, uid: str) -> HttpResponse:
    """Show what is agreed with an organization now, or in the version that is asked for, and its versions."""
    organization, now = access.find_organization(request, uid, Permission.USAGE_SEE), timezone.now()
    shown = _version(request, organization)
    agreed = terms.snapshot(shown) if shown else None
    found = contract_versions.events(organization, scope.of(request.staff))
    may_edit = request.staff.can(Permission.CONTRACT_EDIT, organization)
    versions = contract_versions.of(organization, found, now=now)
    withdrawable = [
        one.contract.pk for one in versions if may_edit and not _lasting(organization, one.contract, now=now)
    ]
    context = {
        "organization": organization,
        "tab": "Contract",
        "contract": shown,
        "agreed": agreed,
        "facts": term_words.shown(agreed) if agreed else [],
        "prices": term_words.price_list(agreed) if agreed else [],
        "versions": versions,
        "periods": contract_versions.next_periods(organization, now=now),
        "feed": contract_versions.feed(found),
        "may_search": request.staff.can(Permission.AUDIT_SEE),
        "may_edit": may_edit and not _problem(organization, shown),
        "may_withdraw": shown and shown.pk in withdrawable,
        "withdrawable": withdrawable,
    }
    return render(request, "metering/contract.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CONTRACT_EDIT)
def edit_contract(request: StaffRequest, uid: str) -> HttpResponse:
    """Open the next version of a contract, or correct one; shows what changes before anything is saved."""
    organization = access.find_organization(request, uid, Permission.CONTRACT_EDIT)
    shown, back = _version(request, organization), reverse("metering:contract", args=[uid])
    if problem := _problem(organization, shown):
        return pages.refused(request, back, problem)
    editor = Editor(request, organization, shown)
    if pages.is_fragment(request):
        editor.form.is_valid()
        return render(request, "metering/_contract_typed.html", editor.reviewed())
    if editor.is_to_save and editor.save():
        return pages.done(request, back, editor.said)
    if editor.form.is_bound:
        editor.form.is_valid()
    context = {**editor.context(), **editor.reviewed(), "back": back, "zones": sorted(available_timezones())}
    status = pages.UNPROCESSABLE if editor.form.errors else 200
    return render(request, "metering/edit_contract.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CONTRACT_EDIT)
def withdraw_contract(request: StaffRequest, uid: str, number: int) -> HttpResponse:
    """Ask why a version that has not begun never does, and let what holds before it go on."""
    organization, now = access.find_organization(request, uid, Permission.CONTRACT_EDIT), timezone.now()
    shown = organization.contracts.select_related("organization").filter(number=number).first()
    if shown is None:
        raise Http404
    back = reverse("metering:contract", args=[uid])
    if problem := _lasting(organization, shown, now=now):
        return pages.refused(request, back, problem)
    form = pages.asked(ReasonForm, request, Permission.CONTRACT_EDIT, organization)
    if pages.accepted(
        form, lambda: actions.withdraw_contract(contract=shown, actor=request.actor, now=now, **form.why)
    ):
        return pages.done(request, back, f"Version {number} of the contract is withdrawn.")
    above = reverse("orgs:detail", args=[uid])
    place = pages.place("Withdraw", (organization.name, above), ("Contract", back))
    return pages.dialog(request, "metering/withdraw_contract.html", {**place, "contract": shown}, form=form)


def _version(request: StaffRequest, organization: Organization) -> Contract | None:
    """The version that the address names, or else the present one, or the first to come; Http404 for an unknown one."""
    rows = organization.contracts.select_related("organization").prefetch_related("prices")
    asked = request.GET.get("version", "")
    if asked:
        found = rows.filter(number=asked).first() if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
        if found is None:
            raise Http404
        return found
    now = timezone.now()
    return rows.covering(now).first() or rows.standing().order_by("-effective").first()


def _problem(organization: Organization, shown: Contract | None) -> str:
    """Why this version can neither be replaced nor corrected."""
    if organization.status == Organization.Status.CLOSED:
        return f"{organization} is closed."
    if shown is None:
        return ""
    if shown.withdrawn_at is not None:
        return f"Version {shown.number} was withdrawn: it stays as it is."
    has_ended = shown.effective.upper is not None and shown.effective.upper <= timezone.now()
    if has_ended and not contracts.can_be_corrected(shown):
        return f"Version {shown.number} has ended, and was billed on: it stays as it is."
    return ""


def _lasting(organization: Organization, shown: Contract, *, now: datetime) -> str:
    """Why this version cannot be withdrawn."""
    if organization.status == Organization.Status.CLOSED:
        return f"{organization} is closed."
    return contract_withdrawals.problem_of(shown, at=now)
