"""What is used of a quota is told, once for each window and step."""

from datetime import UTC

from django.db import transaction

from audit import trail
from audit.verbs import Verb
from keys.models import WindowUse
from keys.quota_warnings import Warned
from orgs import notices
from orgs.models import Notice, Organization

# A suspended organization calls for nothing, and a closed one never again.
_WATCHED = (Organization.Status.ACTIVE, Organization.Status.PILOT)


@transaction.atomic
def warn_of_quota(*, warned: Warned, actor: trail.Actor) -> bool:
    """Tell the contacts how much of a quota is used, once at each step of its window; says whether they now were."""
    use = WindowUse.objects.select_for_update(of=("self",)).select_related("organization").get(pk=warned.use.pk)
    organization = use.organization
    if use.told >= warned.step or organization.status not in _WATCHED:
        return False
    use.told = warned.step
    use.save(update_fields=["told"])
    detail: dict[str, str | int] = {
        "percent": warned.percent,
        "used": use.used,
        "limit": warned.rule.limit,
        "contacts": _tell(warned, organization),
    }
    target = warned.rule.target
    trail.record(Verb.LIMIT_WARNED, actor=actor, target=target, organization=organization.target, detail=detail)
    return True


def _tell(warned: Warned, organization: Organization) -> int:
    use, slot = warned.use, warned.rule.about
    owner = warned.whose or "All keys together"
    return notices.tell(
        organization=organization,
        kind=Notice.Kind.QUOTA_USED,
        about=f"{organization.uid}/quota/{use.key_id or 'all'}/{use.slot}"
        f"/{use.starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}/{warned.step}",
        facts={
            "share": f"{warned.percent} %",
            "what": slot.words,
            "whose": owner,
            "used": f"{use.used:,}",
            "limit": f"{warned.rule.limit:,}",
            "ends": notices.moment(use.ends_at, organization),
            "meaning": warned.meaning,
        },
    )
