"""Dates set back: the actions say now, and a studio of 13 months needs keys as old as what they have generated."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from axis_admin.demo_data.credentials import REVOKED_GATEWAY, REVOKED_GATEWAY_DAYS, Held
from axis_admin.demo_data.studios import STUDIOS, Studio
from keys.models import ApiKey, GatewayCredential, KeySecret, Pilot
from orgs.models import Organization

GATEWAYS_AGE = timedelta(days=400)


def set_back(held: Sequence[Held], *, now: datetime) -> None:
    """Date everything as its sketch says; within a transaction whose event names all of it."""
    for studio in STUDIOS:
        _organization(studio, now=now)
    for one in held:
        _key(one, now=now)
    GatewayCredential.objects.update(created_at=now - GATEWAYS_AGE)
    revoked_at = now - timedelta(days=REVOKED_GATEWAY_DAYS)
    GatewayCredential.objects.filter(name=REVOKED_GATEWAY).update(revoked_at=revoked_at)


def _organization(studio: Studio, *, now: datetime) -> None:
    rows = Organization.objects.filter(slug=studio.slug)
    rows.update(status_since=now - timedelta(days=studio.status_days or studio.age))
    ends = now + timedelta(days=studio.pilot_left)
    Pilot.objects.filter(organization__in=rows).update(starts_at=ends - timedelta(days=30), ends_at=ends)


def _key(held: Held, *, now: datetime) -> None:
    made = now - timedelta(days=held.sketch.since)
    rows = ApiKey.objects.filter(pk=held.key.pk)
    rows.update(created_at=made)
    rows.filter(state=ApiKey.State.REVOKED).update(revoked_at=now - timedelta(days=held.sketch.until))
    KeySecret.objects.filter(pk=held.first_secret.pk).update(created_at=made)
