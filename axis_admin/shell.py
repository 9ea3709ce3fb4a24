"""What stands around every page: navigation, the person, and how the page looks to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from axis_admin import due_periods
from axis_admin.appearance import CHOICES, DENSITY, SHORTCUTS, THEME
from axis_admin.ui import words
from keys import readers

# A warning names so many gateways.
NAMED = 3


@dataclass(frozen=True)
class Entry:
    """One page of the navigation. permission: what one needs to see it, "" for everybody. parts: view names and
    namespaces ("orgs:") that belong to it.
    """

    label: str
    icon: str
    page: str
    permission: str
    parts: frozenset[str]


GATEWAYS = frozenset(
    {
        "keys:gateways",
        "keys:create_gateway",
        "keys:gateway",
        "keys:rotate_gateway",
        "keys:end_gateway_overlap",
        "keys:edit_gateway",
        "keys:revoke_gateway",
    }
)
JOBS = frozenset({"audit:jobs", "audit:job", "audit:cancel_job", "audit:export_job"})
EXPORTS = frozenset({"metering:exports", "metering:export_file", "metering:cancel_export", "metering:remove_export"})
ADJUSTMENTS = frozenset(
    {
        "metering:adjustments",
        "metering:ask_adjustment",
        "metering:adjustment",
        "metering:approve_adjustment",
        "metering:decline_adjustment",
        "metering:withdraw_adjustment",
    }
)
REJECTS = frozenset(
    {
        "metering:rejects",
        "metering:reject",
        "metering:retry_reject",
        "metering:dismiss_reject",
        "metering:retry_rejects",
        "metering:dismiss_rejects",
    }
)
PLANS = frozenset({"keys:plans", "keys:publish_plan"})
CAPACITY = frozenset(
    {
        "orgs:capacity",
        "orgs:pool",
        "orgs:create_pool",
        "orgs:change_pool",
        "orgs:set_capacity",
        "orgs:reserve",
        "orgs:reservation",
        "orgs:confirm_hold",
        "orgs:extend_reservation",
        "orgs:shorten_reservation",
        "orgs:cancel_reservation",
    }
)
OF_ORGANIZATIONS = frozenset(
    {
        "orgs:",
        "keys:for_org",
        "keys:issue",
        "keys:org_limits",
        "keys:end_limit",
        "keys:org_refusals",
        "keys:live",
        "metering:for_org",
        "metering:overview",
        "metering:foresight",
        "metering:brief",
        "metering:sla",
        "metering:sla_overview",
        "metering:org_periods",
        "metering:contract",
        "metering:edit_contract",
        "metering:pilot",
        "metering:convert_pilot",
        "keys:plan_pilot",
        "keys:start_pilot",
        "keys:extend_pilot",
        "keys:change_pilot",
        "keys:cancel_pilot",
    }
)
PERIODS = frozenset(
    {
        "metering:board",
        "metering:finish_periods",
        "metering:finish_period",
        "metering:hold_period",
        "metering:release_period",
        "metering:override_period",
        "metering:finance",
        "metering:period",
        "metering:period_checks",
        "metering:statement_file",
        "metering:credit_note",
        "metering:credit_note_file",
        "metering:issue_credit_note",
        "metering:send_statement",
    }
)
GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Work",
        (
            Entry("Home", "home", "home", "", frozenset({"home"})),
            Entry("Accounts", "briefcase", "metering:accounts", "usage.see", frozenset({"metering:accounts"})),
            Entry("Organizations", "building-office-2", "orgs:index", "organization.see", OF_ORGANIZATIONS),
            Entry("Keys", "key", "keys:index", "key.see", frozenset({"keys:"})),
            Entry("Pilots", "beaker", "metering:pilots", "organization.see", frozenset({"metering:pilots"})),
        ),
    ),
    (
        "Metering",
        (
            Entry("Usage", "chart-bar", "metering:index", "usage.see", frozenset({"metering:"})),
            Entry("Billing periods", "document-text", "metering:board", "usage.see", PERIODS),
            Entry("Adjustments", "scale", "metering:adjustments", "usage.see", ADJUSTMENTS),
            Entry("Rejects", "exclamation-triangle", "metering:rejects", "usage.see", REJECTS),
            Entry("Exports", "arrow-down-tray", "metering:exports", "usage.see", EXPORTS),
            Entry("Capacity", "server-stack", "orgs:capacity", "capacity.see", CAPACITY),
        ),
    ),
    (
        "Control",
        (
            Entry("Plans", "rectangle-stack", "keys:plans", "organization.see", PLANS),
            Entry("Audit log", "finger-print", "audit:index", "audit.see", frozenset({"audit:"})),
            Entry("Jobs", "queue-list", "audit:jobs", "organization.see", JOBS),
            Entry("Gateways", "server-stack", "keys:gateways", "gateway.see", GATEWAYS),
        ),
    ),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor: `shell` with theme, density, shortcuts, choices, groups, person; built when first used."""
    return {"shell": SimpleLazyObject(lambda: around(request))}


def around(request: HttpRequest) -> dict[str, Any]:
    """Everything that base.html draws around a page. Without a signed-in person: no navigation."""
    staff = getattr(request, "staff", None)
    return {
        "theme": THEME.chosen(request),
        "density": DENSITY.chosen(request),
        "shortcuts": SHORTCUTS.chosen(request),
        "choices": [_choice(request, choice) for choice in CHOICES],
        "groups": navigation(request, staff) if staff else [],
        "person": person(staff) if staff else None,
        "gateways": SimpleLazyObject(lambda: gateways(request, staff)) if staff else None,
        "home": _address("home") or "/",
        "lookup": _address("lookup"),
        "appearance": _address("appearance"),
        "sign_out": _address("account_logout"),
    }


def navigation(request: HttpRequest, staff: Any) -> list[dict[str, Any]]:
    """The groups with the entries that this person may open; groups that stay empty are left out."""
    here = current(request)
    groups = []
    for label, entries in GROUPS:
        listed = [
            {
                "label": entry.label,
                "icon": entry.icon,
                "href": href,
                "current": entry is here,
                "count": due_periods.count(staff.user) if entry.page == "metering:board" else 0,
            }
            for entry in entries
            if (not entry.permission or staff.can(entry.permission)) and (href := _address(entry.page))
        ]
        if listed:
            groups.append({"label": label, "entries": listed})
    return groups


def current(request: HttpRequest) -> Entry | None:
    """The entry whose part the page is: where the view says so, by its own name, or by its namespace."""
    match = request.resolver_match
    if not match:
        return None
    entries = [entry for _, listed in GROUPS for entry in listed]
    for part in (getattr(request, "stands_under", ""), match.view_name, f"{match.namespace}:"):
        for entry in entries:
            if part in entry.parts:
                return entry
    return None


def person(staff: Any) -> dict[str, str]:
    """Label, roles and initials of the signed-in person."""
    words = staff.label.replace("@", " ").replace(".", " ").split()
    initials = "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()
    return {"label": staff.label, "roles": ", ".join(_role(role) for role in staff.roles), "initials": initials}


def gateways(request: HttpRequest, staff: Any) -> dict[str, Any]:
    """How the production gateways follow the change feed: words for the rail's foot, and a warning where one lags.

    Which of them it is, and the page about them, is for those who may see gateways.
    """
    tally = readers.kept.tally()
    sees = staff.can("gateway.see")
    href = _address("keys:gateways") if sees else ""
    told = {"words": tally.words, "is_well": tally.is_well, "href": href, "warning": _warning(tally, sees)}
    # Where somebody stands already they are not sent.
    return {**told, "way": href if request.path != href else ""}


def _warning(tally: readers.Tally, sees: bool) -> str:
    if not tally.lagging:
        return ""
    count = len(tally.lagging)
    longest = words.span(max(lag for _, lag in tally.lagging))
    if not sees:
        whom = "A production gateway is" if count == 1 else f"{count} production gateways are"
        return f"{whom} {longest} behind"
    named = ", ".join(source for source, _ in tally.lagging[:NAMED])
    more = f" and {count - NAMED} more" if count > NAMED else ""
    return f"{named}{more} {'is' if count == 1 else 'are'} {longest} behind"


def _role(role: Any) -> str:
    return str(getattr(role, "label", role)).replace("_", " ").capitalize()


def _choice(request: HttpRequest, choice: Any) -> dict[str, Any]:
    now = choice.chosen(request)
    options = [{"value": value, "label": label, "on": value == now} for value, label in choice.options]
    return {"name": choice.name, "label": choice.label, "options": options}


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        # Not every surface has every page; what is not there is not offered.
        return ""
