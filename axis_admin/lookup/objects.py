"""Keys, organizations, gateway credentials, leaks and reservations by their ids, prefixes and slugs; and by name."""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from axis_admin.lookup.finds import Act, Asked, Find, address_of
from keys import leaks, mentions, secrets, states
from keys.gateways import GatewayCredential
from keys.models import ApiKey, KeySecret, LeakReport
from orgs.models import Organization, Reservation
from orgs.policy import Permission

MOST_SHOWN = 20
MOST_NAMED = 6
SHORTEST_NAME = 2


def find_prefixes(asked: Asked) -> Sequence[Find]:
    """Key prefixes, with or without their beginning, and those of credentials whose secret is another one."""
    said = asked.mentions
    whole = [one.public_id for text in said.credentials if (one := secrets.parse(text))]
    ids = [*said.prefixes, *said.misspelt, *whole, *mentions.public_ids(said.words)]
    # A secret that matches is told of already.
    ids = [id for id in ids if id not in asked.matched]
    keys = ApiKey.objects.for_user(asked.request.user, Permission.KEY_SEE)
    rows = KeySecret.objects.filter(public_id__in=ids, key__in=keys).select_related("key__organization")
    rows = rows.prefetch_related("key__secrets")
    return [_prefix(asked, secret) for secret in rows[:MOST_SHOWN]]


def find_ids(asked: Asked) -> Sequence[Find]:
    """Everything that is named by its id."""
    user, ids = asked.request.user, asked.mentions.ids
    if not ids:
        return []
    keys = ApiKey.objects.for_user(user, Permission.KEY_SEE).filter(uid__in=ids).with_secrets()
    gateways = GatewayCredential.objects.for_user(user, Permission.GATEWAY_SEE).filter(uid__in=ids)
    reports = LeakReport.objects.for_user(user, Permission.KEY_SEE).filter(uid__in=ids).with_whose()
    reservations = Reservation.objects.for_user(user, Permission.CAPACITY_SEE).filter(uid__in=ids)
    return [
        *map(_key, keys[:MOST_SHOWN]),
        *map(_gateway, gateways[:MOST_SHOWN]),
        *map(_leak, reports[:MOST_SHOWN]),
        *map(_reservation, reservations.select_related("organization", "pool")[:MOST_SHOWN]),
    ]


def find_organizations(asked: Asked) -> Sequence[Find]:
    """Organizations by id or slug."""
    rows = Organization.objects.for_user(asked.request.user, Permission.ORGANIZATION_SEE)
    named = [one for one in asked.mentions.ids if one.startswith("org_")]
    found = rows.filter(uid__in=named) | rows.filter(slug__in=asked.mentions.words)
    return [_organization(one) for one in found.select_related("plan_version__plan")[:MOST_SHOWN]]


def find_names(asked: Asked) -> Sequence[Find]:
    """Organizations and keys whose name holds what was typed, where that is a line that could be a name."""
    if len(asked.line) < SHORTEST_NAME:
        return []
    user = asked.request.user
    organizations = Organization.objects.for_user(user, Permission.ORGANIZATION_SEE).matching(asked.line)
    keys = ApiKey.objects.for_user(user, Permission.KEY_SEE).matching(asked.line).with_secrets()
    return [
        *map(_organization, organizations.select_related("plan_version__plan")[:MOST_NAMED]),
        *map(_key, keys[:MOST_NAMED]),
    ]


def _prefix(asked: Asked, secret: KeySecret) -> Find:
    state = leaks.death(secret, at=asked.at) or states.of_secret(secret, at=asked.at).label.lower()
    note = f"{secret.key.organization}, {state} secret. A prefix is no secret, and proves nothing."
    href = address_of("keys:detail", secret.key.uid)
    return Find("key", f"Key prefix {secret} of key {secret.key}", note, href, acts=[Act("Open key", href)])


def _key(key: ApiKey) -> Find:
    state = states.of_key(key, at=timezone.now()).label.lower()
    href = address_of("keys:detail", key.uid)
    note = f"{key.organization}, {key.get_environment_display().lower()}, {state}"
    return Find("key", f"Key {key}", note, href, acts=[Act("Open key", href)])


def _organization(organization: Organization) -> Find:
    href = address_of("orgs:detail", organization.uid)
    note = f"{organization.get_status_display()}, {organization.plan.name}"
    return Find("building-office-2", f"Organization {organization}", note, href, acts=[Act("Open", href)])


def _gateway(credential: GatewayCredential) -> Find:
    href = address_of("keys:gateway", credential.uid)
    note = credential.get_environment_display()
    return Find("server-stack", f"Gateway credential {credential}", note, href, acts=[Act("Open", href)])


def _leak(leak: LeakReport) -> Find:
    href = address_of("keys:leak", leak.uid)
    return Find("fire", f"Leak of {leak.leaked}", leak.get_outcome_display(), href, acts=[Act("See leak", href)])


def _reservation(reservation: Reservation) -> Find:
    href = address_of("orgs:reservation", reservation.uid)
    state = Reservation.State(reservation.state_at(timezone.now())).label.lower()
    title = f"Reservation of {reservation.organization}"
    return Find("calendar-days", title, f"{reservation}, {state}", href, acts=[Act("Open", href)])


def once(finds: Iterable[Find]) -> list[Find]:
    """Keep each thing once: what a name finds may be what an id has found."""
    kept: dict[tuple[str, str, str], Find] = {}
    for one in finds:
        kept.setdefault((one.href, one.title, one.icon), one)
    return list(kept.values())
