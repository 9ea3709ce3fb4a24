"""Dates set back: the actions say now, and a studio of 13 months needs keys as old as what they have generated."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F

from axis_admin.demo_data.credentials import REVOKED_GATEWAY, REVOKED_GATEWAY_DAYS, Held
from axis_admin.demo_data.studios import STUDIOS, Studio
from keys import pilot_limits, pilots
from keys.models import ApiKey, GatewayCredential, KeySecret, LimitRule, Pilot, PilotCriterion
from orgs.models import Notice, Organization

GATEWAYS_AGE = timedelta(days=400)


def set_back(held: Sequence[Held], *, now: datetime) -> None:
    """Date everything as its sketch says; within a transaction whose event names all of it."""
    for studio in STUDIOS:
        _organization(studio, now=now)
    for one in held:
        _key(one, now=now)
    GatewayCredential.objects.update(created_at=now - GATEWAYS_AGE)
    _notices(held, now=now)
    revoked_at = now - timedelta(days=REVOKED_GATEWAY_DAYS)
    GatewayCredential.objects.filter(name=REVOKED_GATEWAY).update(revoked_at=revoked_at)


def _organization(studio: Studio, *, now: datetime) -> None:
    rows = Organization.objects.filter(slug=studio.slug)
    rows.update(status_since=now - timedelta(days=studio.status_days or studio.age))
    if studio.pilot:
        ends = now + timedelta(days=studio.pilot.left)
        _pilot(rows.get(), ends - pilots.USUAL_LENGTH, ends)


def _pilot(organization: Organization, starts: datetime, ends: datetime) -> None:
    """Date the pilot, and with it the limits that it has of its own."""
    Pilot.objects.filter(organization=organization).update(starts_at=starts, ends_at=ends)
    PilotCriterion.objects.filter(pilot__organization=organization, ticked_at__isnull=False).update(
        ticked_at=starts + timedelta(days=18)
    )
    own = LimitRule.objects.filter(organization=organization, name__startswith=pilot_limits.PREFIX)
    own.update(effective=DateTimeTZRange(starts, ends, "[)"), asked=None, created_at=starts, begun_at=starts)


def _key(held: Held, *, now: datetime) -> None:
    made = now - timedelta(days=held.sketch.since)
    rows = ApiKey.objects.filter(pk=held.key.pk)
    rows.update(created_at=made)
    ended = now - timedelta(days=held.sketch.until)
    rows.filter(state=ApiKey.State.REVOKED).update(revoked_at=ended)
    rows.filter(state=ApiKey.State.PAUSED).update(paused_at=ended)
    KeySecret.objects.filter(pk=held.first_secret.pk).update(created_at=made)


def _notices(held: Sequence[Held], *, now: datetime) -> None:
    """Date the mails as what they tell of. Nobody reads mail at an invented address, so none is left to be sent."""
    for one in held:
        made, ended = (now - timedelta(days=days) for days in (one.sketch.since, one.sketch.until))
        mails = Notice.objects.filter(about__startswith=f"{one.key.uid}/")
        mails.update(created_at=ended)
        mails.filter(kind=Notice.Kind.KEY_ISSUED).update(created_at=made)
    for organization in Organization.objects.all():
        about_it = Notice.objects.filter(about__startswith=f"{organization.uid}/")
        about_it.update(created_at=organization.status_since)
    waiting = Notice.objects.waiting()
    waiting.update(state=Notice.State.SENT, sent_at=F("created_at"), attempts=1)
