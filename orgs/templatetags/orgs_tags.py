"""What every page of one organization shows: its breadcrumb, its tabs and what the person may do with it."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

from orgs import plans
from orgs.models import Organization
from orgs.policy import Permission

register = template.Library()

# Of those alone that have, or had, a pilot or are to have one.
PILOT = "metering:pilot"
# Tabs of upper apps are named by their address alone.
TABS = [
    ("Overview", "orgs:detail"),
    ("Keys", "keys:for_org"),
    ("Limits", "keys:org_limits"),
    ("Live", "keys:live"),
    ("Refusals", "keys:org_refusals"),
    ("Usage", "metering:for_org"),
    ("SLA", "metering:sla"),
    ("Periods", "metering:org_periods"),
    ("Contract", "metering:contract"),
    ("Capacity", "orgs:org_capacity"),
    ("Pilot", PILOT),
    ("Contacts", "orgs:contacts"),
    ("History", "orgs:history"),
]
# label, address, permission, the states in which it is offered, kind of button.
ACTIONS = [
    ("Edit", "orgs:edit", Permission.ORGANIZATION_EDIT, "draft pilot active suspended", ""),
    ("Change plan", "orgs:plan", Permission.ORGANIZATION_CHANGE_PLAN, "draft active suspended", ""),
    ("Close", "orgs:close", Permission.ORGANIZATION_CLOSE, "draft pilot active suspended", "danger"),
    ("Suspend", "orgs:suspend", Permission.ORGANIZATION_SUSPEND, "pilot active", "danger"),
    ("Reinstate", "orgs:reinstate", Permission.ORGANIZATION_REINSTATE, "suspended", "primary"),
    ("Activate", "orgs:activate", Permission.ORGANIZATION_ACTIVATE, "draft", "primary"),
    ("Issue key", "keys:issue", Permission.KEY_ISSUE, "pilot active", "primary"),
]


@register.simple_tag
def organization_tabs(organization: Organization) -> list[dict[str, str]]:
    """The tabs of an organization's pages: label and address."""
    shown = [tab for tab in TABS if tab[1] != PILOT or _has_pilot(organization)]
    return [{"label": label, "href": reverse(address, args=[organization.uid])} for label, address in shown]


def _has_pilot(organization: Organization) -> bool:
    return organization.plan.code == plans.PILOT or hasattr(organization, "pilot")


@register.simple_tag
def organization_crumbs(organization: Organization, tab: str) -> list[tuple[str, str]]:
    """The way from the list of organizations to the page."""
    return [("Organizations", reverse("orgs:index"))]


@register.inclusion_tag("orgs/_actions.html", takes_context=True)
def organization_actions(context: Context, organization: Organization) -> dict[str, Any]:
    """The buttons for what this person may do with the organization in its state; the primary one last."""
    staff = context["request"].staff
    allowed = [
        {
            "label": label,
            "href": reverse(address, args=[organization.uid]),
            "kind": kind,
            "icon": "plus" if address == "keys:issue" else "",
            "dialog": address != "orgs:edit",
        }
        for label, address, permission, states, kind in ACTIONS
        if organization.status in states.split() and staff.can(permission, organization)
    ]
    return {"actions": allowed}
