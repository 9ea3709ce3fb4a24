"""The studios' keys in every state, and the gateways' credentials."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from audit import trail
from audit.verbs import Verb
from axis_admin.demo_data.studios import STUDIOS, KeySketch, Studio
from keys import actions, lifetimes
from keys.actions.keys import lock_key
from keys.models import ApiKey, GatewayCredential, GatewayUse, KeySecret
from orgs import changes
from orgs.models import Organization

STARTS_IN = timedelta(days=14)
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
        expires_at=usual if sketch.expires_in is None else now + timedelta(days=sketch.expires_in),
        purpose=sketch.purpose,
    )
    return key


def _fated(key: ApiKey, sketch: KeySketch, *, actor: trail.Actor, now: datetime) -> ApiKey:
    if sketch.fate == "rotating":
        overlap = timedelta(hours=sketch.overlap_hours)
        actions.rotate_key(key=key, actor=actor, overlap=overlap, reason="Scheduled rotation", ticket="SUP-2209")
    elif sketch.fate == "revoked":
        actions.revoke_key(key=key, actor=actor, code=ApiKey.RevokeCode.REPLACED, reason="Replaced by a newer key")
    elif sketch.fate == "paused":
        paused: dict[str, str | datetime] = {"state": ApiKey.State.PAUSED, "paused_at": now}
        _change(key, Verb.KEY_PAUSED, "key.paused", paused, actor=actor, reason="By customer's wish")
    elif sketch.fate == "expired":
        # No key is ever issued with an end in the past, so this one's is moved.
        ended = {"expires_at": now - timedelta(days=sketch.until)}
        _change(key, Verb.KEY_EDITED, "key.changed", ended, actor=actor, reason="Ended with the campaign")
    elif sketch.fate == "later":
        begins = {"not_before": now + STARTS_IN}
        _change(key, Verb.KEY_EDITED, "key.changed", begins, actor=actor, reason="Begins with the season")
    return key


@transaction.atomic
def _change(
    key: ApiKey, verb: Verb, kind: str, values: Mapping[str, str | datetime], *, actor: trail.Actor, reason: str
) -> None:
    """Set fields that no action sets yet, with their own event and announcement."""
    key = lock_key(key)
    changed = {field: [_plain(getattr(key, field)), _plain(value)] for field, value in values.items()}
    for field, value in values.items():
        setattr(key, field, value)
    key.version += 1
    key.save(update_fields=[*values, "version"])
    trail.record(
        verb, actor=actor, target=key.target, organization=key.organization.target, changes=changed, reason=reason
    )
    public_ids = list(key.secrets.values_list("public_id", flat=True))
    changes.announce(organization=key.organization, kind=kind, public_ids=public_ids)


def _plain(value: str | datetime | None) -> str | None:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
