"""What the management commands of billing share: which billing period is meant."""

from django.core.management.base import CommandError

from metering.models import BillingPeriod


def named_period(text: str) -> BillingPeriod:
    """Return the billing period that is written `org_…/2026-11`, or with the slug; CommandError where there is none."""
    organization, _, label = text.rpartition("/")
    rows = BillingPeriod.objects.select_related("organization", "contract").filter(label=label)
    found = rows.of_organization(organization).order_by("-span").first()
    if found is None:
        raise CommandError(f"There is no billing period “{text}”: write it as org_…/2026-11.")
    return found
