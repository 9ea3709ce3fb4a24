"""What every page of one key shows around it."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone

from keys import actions, links
from keys.models import ApiKey, DeliveryLink, KeySecret
from orgs.policy import Permission

LINKS = 5
register = template.Library()


@register.simple_tag
def key_tabs(key: ApiKey) -> list[dict[str, str]]:
    """The tabs of a key's pages: label and address."""
    return [
        {"label": "Overview", "href": reverse("keys:detail", args=[key.uid])},
        {"label": "Rotation", "href": reverse("keys:rotation", args=[key.uid])},
        {"label": "Limits", "href": reverse("keys:key_limits", args=[key.uid])},
        {"label": "Refusals", "href": reverse("keys:refusals", args=[key.uid])},
        {"label": "Dry run", "href": reverse("keys:dry_run", args=[key.uid])},
        {"label": "History", "href": reverse("keys:history", args=[key.uid])},
    ]


@register.inclusion_tag("keys/_actions.html", takes_context=True)
def key_actions(context: Context, key: ApiKey) -> dict[str, Any]:
    """The buttons for what this person may do with the key in its state; the primary one last."""
    staff, now = context["request"].staff, timezone.now()
    # label, address, permission, what speaks against it, kind of button; the primary ones by what is likeliest wanted.
    offered = [
        ("Edit", "edit", Permission.KEY_EDIT, actions.editing_problem(key), ""),
        ("Pause", "pause", Permission.KEY_PAUSE, actions.pausing_problem(key), ""),
        ("Revoke", "revoke", Permission.KEY_REVOKE, key.state == ApiKey.State.REVOKED, "danger"),
        ("Rotate", "rotate", Permission.KEY_ROTATE, actions.rotation_problem(key, now=now), "primary"),
        ("Resume", "resume", Permission.KEY_RESUME, actions.resuming_problem(key), "primary"),
    ]
    allowed = [
        {"label": label, "href": reverse(f"keys:{name}", args=[key.uid]), "kind": kind, "dialog": name != "edit"}
        for label, name, permission, problem, kind in offered
        if not problem and staff.can(permission, key)
    ]
    for action in [each for each in allowed if each["kind"] == "primary"][:-1]:
        action["kind"] = ""
    return {"actions": allowed}


@register.simple_tag(takes_context=True)
def link_rows(context: Context, key: ApiKey) -> list[dict[str, Any]]:
    """The key's latest one-time links, each with its state and what the person may do with it."""
    latest = DeliveryLink.objects.filter(secret__key=key).with_keys()[:LINKS]
    return [links.row(link, staff=context["request"].staff, now=timezone.now()) for link in latest]


@register.simple_tag
def old_secret(key: ApiKey) -> KeySecret | None:
    """The old secret of a key that rotates, by the clock."""
    return key.standing(at=timezone.now()).old


@register.simple_tag
def key_crumbs(key: ApiKey) -> list[tuple[str, str]]:
    """The way from the list of organizations to the key."""
    organization = key.organization
    return [
        ("Organizations", reverse("orgs:index")),
        (organization.name, reverse("keys:for_org", args=[organization.uid])),
    ]
