"""The studios' keys in every state, and the gateways' credentials."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from audit import trail
from audit.verbs import Verb
from axis_admin.demo_data.studios import STUDIOS, KeySketch, Studio
from keys import actions, lifetimes
from keys.actions.keys import lock_key, plain, record
from keys.models import ApiKey, GatewayCredential, GatewayUse, KeySecret
from orgs import changes
from orgs.models import Organization

STARTS_IN = timedelta(days=14)
ROTATES_IN = timedelta(days=3)
GATEWAYS = (
    ("gw-eu-1", GatewayCredential.Environment.PRODUCTION),
    ("gw-us-1", GatewayCredential.Environment.PRODUCTION),
    ("gw-staging", GatewayCredential.Environment.STAGING),
)
REVOKED_GATEWAY, REVOKED_GATEWAY_DAYS = "gw-us-1", 30


class Held(NamedTuple):
    """A key that was issued, with the sketch that it was made from."""

    studio: Studio
    sketch: KeySketch
    key: ApiKey

    @property
    def first_secret(self) -> KeySecret:
        """The secret that it was issued with, whatever became of it."""
        return self.key.secrets.earliest("pk")


def issue(organizations: Mapping[str, Organization], *, actor: trail.Actor, now: datetime) -> list[Held]:
    """Issue every key and bring it to its state. The credentials are thrown away: nobody ever sees one."""
    held = []
    for studio in STUDIOS:
        for sketch in studio.keys:
            key = _issued(organizations[studio.slug], sketch, actor=actor, now=now)
            held.append(Held(studio, sketch, _fated(key, sketch, actor=actor, now=now)))
    return held


def open_gateways(*, actor: trail.Actor, now: datetime) -> None:
    """Make the gateways' credentials, in both environments and one of them revoked."""
    for name, environment in GATEWAYS:
        credential, _ = actions.create_gateway(actor=actor, name=name, environment=environment)
        used = now - (timedelta(days=REVOKED_GATEWAY_DAYS) if name == REVOKED_GATEWAY else timedelta(seconds=2))
        GatewayUse.objects.create(credential=credential, last_used_at=used, address="198.51.100.4")
        if name == REVOKED_GATEWAY:
            actions.revoke_gateway(credential=credential, actor=actor, reason="Region moved to gw-eu-1")


def _issued(organization: Organization, sketch: KeySketch, *, actor: trail.Actor, now: datetime) -> ApiKey:
    usual = lifetimes.default_expiry(organization.plan_version, now=now)
    key, _ = actions.issue_key(
        organization=organization,
        actor=actor,
        name=sketch.name,
        environment=sketch.environment,
        api_versions=sketch.versions,
        allowed_cidrs=sketch.networks,
        expires_at=usual if sketch.expires_in is None else now + timedelta(days=sketch.expires_in),
        rotate_every=timedelta(days=sketch.rotate_every) if sketch.rotate_every else None,
        purpose=sketch.purpose,
    )
    return key


def _fated(key: ApiKey, sketch: KeySketch, *, actor: trail.Actor, now: datetime) -> ApiKey:
    if sketch.fate == "rotating":
        overlap = timedelta(hours=sketch.overlap_hours)
        actions.rotate_key(key=key, actor=actor, overlap=overlap, reason="Scheduled rotation", ticket="SUP-2209")
    elif sketch.fate == "scheduled":
        begins = (now + ROTATES_IN).replace(hour=5, minute=0, second=0, microsecond=0)
        actions.schedule_rotation(key=key, actor=actor, at=begins, overlap=timedelta(days=1), ticket="SUP-2234")
    elif sketch.fate == "revoked":
        actions.revoke_key(key=key, actor=actor, code=ApiKey.RevokeCode.REPLACED, reason="Replaced by a newer key")
    elif sketch.fate == "paused":
        actions.pause_key(key=key, actor=actor, reason="The customer changes the app's back end", ticket="SUP-2230")
    elif sketch.fate == "expired":
        _expire(key, now - timedelta(days=sketch.until), actor=actor)
    elif sketch.fate == "later":
        later = {"not_before": now + STARTS_IN}
        actions.edit_key(key=key, actor=actor, values=later, reason="Begins with the season")
    return key


@transaction.atomic
def _expire(key: ApiKey, ended: datetime, *, actor: trail.Actor) -> None:
    """Move the end of a key into the past, which no action does."""
    key = lock_key(key)
    before, key.expires_at = key.expires_at, ended
    key.version += 1
    key.save(update_fields=["expires_at", "version"])
    changed = {"expires_at": [plain(before), plain(ended)]}
    record(Verb.KEY_EDITED, key, actor=actor, after=changed, reason="Ended with the campaign")
    public_ids = list(key.secrets.values_list("public_id", flat=True))
    changes.announce(organization=key.organization, kind="key.changed", public_ids=public_ids)
