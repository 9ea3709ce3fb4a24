"""What the list of organizations shows of their keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Max
from django.utils import timezone

from keys.models import ApiKey, SecretUse
from orgs.columns import Column
from orgs.models import Organization


def live_keys(organizations: Sequence[Organization]) -> Mapping[int, int]:
    """Count the keys of each organization that work now in the live environment."""
    keys = ApiKey.objects.usable(at=timezone.now()).filter(organization__in=organizations, environment="live")
    return dict(keys.order_by().values_list("organization_id").annotate(Count("id")))


def last_call(organizations: Sequence[Organization]) -> Mapping[int, datetime]:
    """Return when any key of each organization was used last."""
    uses = SecretUse.objects.filter(secret__key__organization__in=organizations)
    return dict(uses.order_by().values_list("secret__key__organization_id").annotate(Max("last_used_at")))


COLUMNS = [Column("Live keys", "number", live_keys), Column("Last call", "ago", last_call)]
