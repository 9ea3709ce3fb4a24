"""What every page of one key shows around it."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone

from keys import links
from keys.models import ApiKey, DeliveryLink

LINKS = 5
register = template.Library()


@register.simple_tag
def key_tabs(key: ApiKey) -> list[dict[str, str]]:
    """The tabs of a key's pages: label and address."""
    return [
        {"label": "Overview", "href": reverse("keys:detail", args=[key.uid])},
        {"label": "Rotation", "href": reverse("keys:rotation", args=[key.uid])},
        {"label": "Refusals", "href": reverse("keys:refusals", args=[key.uid])},
        {"label": "Dry run", "href": reverse("keys:dry_run", args=[key.uid])},
        {"label": "History", "href": reverse("keys:history", args=[key.uid])},
    ]


@register.simple_tag(takes_context=True)
def link_rows(context: Context, key: ApiKey) -> list[dict[str, Any]]:
    """The key's latest one-time links, each with its state and what the person may do with it."""
    latest = DeliveryLink.objects.filter(secret__key=key).with_keys()[:LINKS]
    return [links.row(link, staff=context["request"].staff, now=timezone.now()) for link in latest]


@register.simple_tag
def key_crumbs(key: ApiKey) -> list[tuple[str, str]]:
    """The way from the list of organizations to the key."""
    organization = key.organization
    return [
        ("Organizations", reverse("orgs:index")),
        (organization.name, reverse("keys:for_org", args=[organization.uid])),
    ]
