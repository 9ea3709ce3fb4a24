"""What every page of one key shows around it."""

from django import template
from django.urls import reverse

from keys.models import ApiKey

register = template.Library()


@register.simple_tag
def key_tabs(key: ApiKey) -> list[dict[str, str]]:
    """The tabs of a key's pages: label and address."""
    return [
        {"label": "Overview", "href": reverse("keys:detail", args=[key.uid])},
        {"label": "History", "href": reverse("keys:history", args=[key.uid])},
    ]


@register.simple_tag
def key_crumbs(key: ApiKey) -> list[tuple[str, str]]:
    """The way from the list of organizations to the key."""
    organization = key.organization
    return [
        ("Organizations", reverse("orgs:index")),
        (organization.name, reverse("keys:for_org", args=[organization.uid])),
    ]
