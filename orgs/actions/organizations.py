"""What people do to an organization. Each action is one transaction with one audit event."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from audit import trail
from audit.verbs import Verb
from orgs import changes, identifiers, lifecycle, notices, openings, plans
from orgs.models import Notice, Organization, PlanVersion, Staff

EDITABLE = (
    "name",
    "slug",
    "legal_name",
    "crm_ref",
    "purchase_order",
    "renewal_on",
    "account_manager",
    "time_zone",
    "notes",
)


# A closed organization is what it was; what is noted of it may still be kept.
FIXED_WHEN_CLOSED = frozenset({"name", "slug", "time_zone", "renewal_on"})


@transaction.atomic
def create_organization(
    *,
    actor: trail.Actor,
    name: str,
    plan_version: PlanVersion | None = None,
    slug: str = "",
    **fields: Any,
) -> Organization:
    """Create an organization as a draft, together with what every organization opens with (contract, billing period).

    Raises ValidationError by field where a value is refused.
    """
    organization = Organization(name=name.strip(), plan_version=plan_version or plans.latest("standard"), **fields)
    organization.slug = slug or free_slug(name)
    organization.full_clean()
    organization.save(force_insert=True)
    trail.record(
        Verb.ORGANIZATION_CREATED,
        actor=actor,
        target=organization.target,
        organization=organization.target,
        detail={"plan": organization.plan.name},
    )
    openings.run_creation(organization=organization, actor=actor)
    changes.announce(organization=organization, kind="organization.changed")
    return organization


@transaction.atomic
def edit_organization(
    *,
    organization: Organization,
    actor: trail.Actor,
    values: Mapping[str, Any],
    reason: str = "",
    ticket: str = "",
) -> Organization:
    """Change some of the editable fields; nothing is recorded, and nothing raised, where nothing differs."""
    organization = lock_organization(organization)
    changed = _differences(organization, values)
    if not changed:
        return organization
    if organization.status == lifecycle.Status.CLOSED and (kept := set(changed) & FIXED_WHEN_CLOSED):
        raise ValidationError(dict.fromkeys(kept, f"{organization} is closed: this stays as it is."))
    organization.full_clean()
    organization.save(update_fields=list(changed))
    trail.record(
        Verb.ORGANIZATION_EDITED,
        actor=actor,
        target=organization.target,
        organization=organization.target,
        changes=changed,
        reason=reason,
        ticket=ticket,
    )
    changes.announce(organization=organization, kind="organization.changed")
    return organization


@transaction.atomic
def change_plan(
    *,
    organization: Organization,
    actor: trail.Actor,
    plan_version: PlanVersion,
    reason: str,
    ticket: str = "",
) -> Organization:
    """Put the organization on another plan version from now on."""
    organization = lock_organization(organization)
    before = organization.plan_version
    if before == plan_version:
        raise ValidationError({"plan": f"{organization} is on {before} already."})
    if organization.status == lifecycle.Status.CLOSED:
        raise ValidationError(f"{organization} is closed.")
    if lifecycle.Status.PILOT in (organization.status, organization.status_before) and before.plan.code == plans.PILOT:
        raise ValidationError({"plan": "A pilot ends by being converted, not by a change of plan."})
    if plan_version.plan.code == plans.PILOT and organization.status != lifecycle.Status.DRAFT:
        raise ValidationError({"plan": "Only a draft can be put on the pilot plan."})
    organization.plan_version = plan_version
    organization.save(update_fields=["plan_version"])
    trail.record(
        Verb.ORGANIZATION_PLAN_CHANGED,
        actor=actor,
        target=organization.target,
        organization=organization.target,
        changes={"plan": [str(before), str(plan_version)]},
        detail={"to_plan": plan_version.plan.name},
        reason=reason,
        ticket=ticket,
    )
    _tell_of_plan(organization, before)
    changes.announce(organization=organization, kind="plan.changed")
    return organization


def _tell_of_plan(organization: Organization, before: PlanVersion) -> None:
    # A draft calls for nothing yet.
    if organization.status == lifecycle.Status.DRAFT:
        return
    facts = {
        "what": "the plan",
        "before": before.plan.name,
        "after": f"{organization.plan.name}, API versions {', '.join(organization.plan_version.api_versions)}",
        "at": notices.moment(timezone.now(), organization),
    }
    about = f"{organization.uid}/plan/{organization.version}"
    notices.tell(organization=organization, kind=Notice.Kind.LIMIT_CHANGED, about=about, facts=facts)


def lock_organization(organization: Organization) -> Organization:
    """Return the organization as it stands now, its row locked until the end of the transaction."""
    rows = Organization.objects.select_for_update(of=("self",)).select_related("plan_version__plan", "account_manager")
    return rows.get(pk=organization.pk)


def free_slug(name: str) -> str:
    """Return a slug for the name that nobody has yet."""
    base = slugify(name)[:48].strip("-") or "organization"
    slug = base
    while Organization.objects.filter(slug=slug).exists():
        slug = f"{base}-{identifiers.random_base62(4).lower()}"
    return slug


def _differences(organization: Organization, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise ValidationError(f"Not a field that can be edited: {', '.join(sorted(unknown))}")
    changed = {}
    for field, after in values.items():
        before = getattr(organization, field)
        if before != after:
            setattr(organization, field, after)
            changed[field] = [_plain(before), _plain(after)]
    return changed


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return str(value) if not isinstance(value, Staff) else f"{value} ({value.uid})"


def now_in(organization: Organization, status: lifecycle.Status) -> None:
    """Put the status on the organization and save it; the way must be open."""
    if not lifecycle.may_become(organization.status, status):
        raise ValidationError(
            f"{organization} is {organization.get_status_display().lower()}; it cannot become {status.label.lower()}."
        )
    organization.status_before = organization.status
    organization.status = status
    organization.status_since = timezone.now()
    organization.save(update_fields=["status", "status_before", "status_since"])
