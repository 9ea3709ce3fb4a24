"""Make and revoke the gateway's own credentials."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail, wording
from audit.verbs import Verb
from keys import asks, secrets
from keys.gateways import GatewayCredential, GatewaySecret, default_scopes

MOST_NETWORKS = 100
LONGEST_NETWORK = 64


@transaction.atomic
def create_gateway(
    *,
    actor: trail.Actor,
    name: str,
    environment: str = GatewayCredential.Environment.PRODUCTION,
    scopes: Sequence[str] | None = None,
    allowed_cidrs: Sequence[str] = (),
    expires_at: datetime | None = None,
    reason: str = "",
    ticket: str = "",
) -> tuple[GatewayCredential, str]:
    """Make a gateway credential; returns it with its text, which exists nowhere else."""
    credential = GatewayCredential(
        name=name.strip(),
        environment=environment,
        scopes=list(scopes) if scopes else default_scopes(),
        allowed_cidrs=normal_cidrs(allowed_cidrs),
        expires_at=expires_at,
        created_by=actor.label,
    )
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": "The time is in the past."})
    credential.clean_fields()
    if GatewayCredential.objects.filter(name=credential.name, revoked_at=None).exists():
        raise ValidationError({"name": "There is a gateway credential of this name already."})
    credential.full_clean()
    credential.save(force_insert=True)
    made = secrets.make_credential("gateway")
    ring_id, sealed = secrets.seal(made.digest, public_id=made.public_id, ring=settings.FIELD_KEYS)
    GatewaySecret.objects.create(
        credential=credential,
        public_id=made.public_id,
        last_four=made.last_four,
        digest=sealed,
        ring_id=ring_id,
    )
    trail.record(
        Verb.GATEWAY_CREATED,
        actor=actor,
        target=credential.target,
        changes={
            "name": [None, credential.name],
            "environment": [None, credential.environment],
            "scopes": [None, ", ".join(credential.scopes)],
            "public_id": [None, made.public_id],
        },
        reason=reason,
        ticket=ticket,
    )
    return credential, made.text


@transaction.atomic
def revoke_gateway(
    *, credential: GatewayCredential, actor: trail.Actor, reason: str, ticket: str = ""
) -> GatewayCredential:
    """Refuse the gateway credential from now on, with every secret that it has."""
    credential = GatewayCredential.objects.select_for_update().get(pk=credential.pk)
    if credential.revoked_at is not None:
        raise ValidationError(f"{credential} is revoked already.")
    credential.revoked_at, credential.revoke_reason = timezone.now(), reason
    credential.save(update_fields=["revoked_at", "revoke_reason"])
    trail.record(
        Verb.GATEWAY_REVOKED,
        actor=actor,
        target=credential.target,
        reason=reason,
        ticket=ticket,
    )
    return credential


def normal_cidrs(texts: Sequence[str]) -> list[str]:
    """Return each network once, in its usual spelling.

    Raises ValidationError naming the one that is none, or where there are more than MOST_NETWORKS.
    """
    networks = list(dict.fromkeys(map(_normal_cidr, texts)))
    if len(networks) > MOST_NETWORKS:
        raise ValidationError({"allowed_cidrs": f"At most {MOST_NETWORKS} networks."})
    return networks


def _normal_cidr(text: str) -> str:
    try:
        return str(asks.network(text.strip()))
    except ValueError as error:
        told = wording.neutral(text, LONGEST_NETWORK)
        raise ValidationError({"allowed_cidrs": f"“{told}” is not a network such as 203.0.113.0/24."}) from error
