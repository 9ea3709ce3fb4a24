"""How a billing period will likely end."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from metering import foresight as looking_ahead
from metering import foresight_card
from metering.models import BillingPeriod
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.USAGE_SEE)
@vary_on_headers("HX-Request")
def foresight(request: StaffRequest, uid: str) -> HttpResponse:
    """Show what an organization's period comes to: the present one, or the one that the address names."""
    organization, now = access.find_organization(request, uid, Permission.USAGE_SEE), timezone.now()
    period = _named(organization, request.GET.get("period", "")) or _present(organization, now)
    card = None
    if period is not None:
        period.organization = organization
        card = foresight_card.card(looking_ahead.of_period(period, now=now), period.alerts.all())
    template = "metering/_foresight.html" if pages.is_fragment(request) else "metering/foresight.html"
    return render(request, template, {"organization": organization, "tab": "Usage", "card": card})


def _present(organization: Organization, now: datetime) -> BillingPeriod | None:
    return organization.billing_periods.select_related("contract").containing(now).first()


def _named(organization: Organization, label: str) -> BillingPeriod | None:
    if not label or access.is_unfit(label):
        return None
    return organization.billing_periods.select_related("contract").filter(label=label).first()
