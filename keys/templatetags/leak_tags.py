"""What a key's page says of its leaks."""

from django import template

from keys.models import ApiKey, LeakReport

register = template.Library()


@register.simple_tag
def leaks_of(key: ApiKey) -> list[LeakReport]:
    """The reports about secrets of the key that are not over, newest first."""
    return list(LeakReport.objects.open().filter(secret__key=key).select_related("secret__key"))
