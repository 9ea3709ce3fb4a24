"""Whether a pilot can be converted now, read from the database."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from keys.models import ApiKey, Pilot
from metering.blockers import Blocker, Facts, blockers
from metering.models import Contract
from orgs.models import Contact, Organization, PlanVersion, Reservation

# A key that expires on the pilot's last day, or as that ends, expires with it.
SAME_DAY = timedelta(days=1)


def in_the_way(pilot: Pilot, *, at: datetime) -> list[Blocker]:
    """Return what stands in the way of converting the pilot at that time."""
    return blockers(facts(pilot, at=at))


def facts(pilot: Pilot, *, at: datetime) -> Facts:
    """Read what the rule asks for."""
    organization = pilot.organization
    keys = ApiKey.objects.filter(organization=organization, state=ApiKey.State.ACTIVE)
    return Facts(
        at=at,
        state=pilot.state,
        starts_at=pilot.starts_at,
        ends_at=pilot.ends_at,
        status=organization.status,
        plan=str(pilot.production_plan) if pilot.production_plan else None,
        has_contract=Contract.objects.covering(at).filter(organization=organization).exists(),
        contacts=frozenset(Contact.objects.filter(organization=organization).values_list("kind", flat=True)),
        lapsed_holds=tuple(map(str, _lapsed(organization, pilot, at=at))),
        earlier_keys=_expiring(keys, after=at, until=pilot.ends_at - SAME_DAY),
        expiring_keys=_expiring(keys, after=max(at, pilot.ends_at - SAME_DAY), until=pilot.ends_at + SAME_DAY),
        foreign_keys=_foreign(keys, pilot.production_plan),
    )


def _expiring(keys: Iterable[ApiKey], *, after: datetime, until: datetime) -> tuple[str, ...]:
    live = [key for key in keys if key.environment == ApiKey.Environment.LIVE]
    return tuple(key.name for key in live if key.expires_at is not None and after < key.expires_at <= until)


def _foreign(keys: Iterable[ApiKey], plan: PlanVersion | None) -> tuple[str, ...]:
    if plan is None:
        return ()
    return tuple(key.name for key in keys if not set(key.api_versions) <= set(plan.api_versions))


def _lapsed(organization: Organization, pilot: Pilot, *, at: datetime) -> list[Reservation]:
    """Holds made for the time after the pilot that have run out, and whose pool has none that stands."""
    mine = Reservation.objects.filter(organization=organization)
    standing = mine.standing(at=at).filter(pool=OuterRef("pool"))
    lapsed = mine.filter(
        state__in=(Reservation.State.HOLD, Reservation.State.ENDED),
        hold_expires_at__gte=pilot.starts_at,
        hold_expires_at__lte=at,
    )
    return list(lapsed.exclude(Exists(standing)).select_related("pool"))
