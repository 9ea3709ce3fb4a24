"""The brief of an organization: thirteen months on paper."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from metering import brief as briefs
from metering import brief_sentences, charts
from metering.brief import VERSIONS, UsedMonth
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.USAGE_SEE)
def brief(request: StaffRequest, uid: str) -> HttpResponse:
    """Show 13 months of usage, service, refusals and amounts, for the call about the renewal; only the paper prints."""
    organization = access.find_organization(request, uid, Permission.USAGE_SEE)
    found = briefs.of(organization, now=timezone.now())
    context = {
        "organization": organization,
        "brief": found,
        "sentences": brief_sentences.of(found),
        "chart": _chart(list(found.months)),
        "months": [(month, [(version, month.served.get(version)) for version in VERSIONS]) for month in found.months],
        **pages.under(organization, "Brief"),
    }
    return render(request, "metering/brief.html", context)


def _chart(months: list[UsedMonth]) -> dict[str, object]:
    return {
        "label": "Generations a month by API version, months in UTC.",
        "series": charts.SERIES,
        "points": [
            {
                "x": f"{month.first:%b}",
                "title": f"{month.first:%B %Y}",
                "v": [month.succeeded[version] for version in VERSIONS],
            }
            for month in months
        ],
        "column": "Month",
        "every": 1,
    }
