"""What `make run` hands to whoever tries it: a login, a gateway's credential, two keys, new each time."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit import trail, uuid7
from axis_admin.demo_data.studios import STUDIOS
from keys import actions as keys
from keys.models import ApiKey, GatewayCredential
from orgs import actions as orgs
from orgs import plans
from orgs.models import Organization, Staff
from orgs.policy import Role

EMAIL = "demo@axis.example"
OWN_SLUG = "demo"
KEY_NAME = "Demo key"
GATEWAY_NAME = "Demo gateway"
LIFETIME = timedelta(days=30)
REASON = "Made anew by each run"


@dataclass(frozen=True)
class Access:
    """What this run's demonstration needs; kept in no file."""

    email: str
    password: str
    gateway: str
    organization: str
    key: str
    public_id: str
    revoked_key: str


def is_empty() -> bool:
    """Whether nobody has made an organization yet."""
    return not Organization.objects.exists()


@transaction.atomic
def renew() -> Access:
    """End what the last run handed out and make it anew, as SYSTEM and in the trail."""
    organization = _organization()
    secret, text = _key(organization)
    return Access(
        email=EMAIL,
        password=_password(),
        gateway=_gateway(),
        organization=organization.uid,
        key=text,
        public_id=secret,
        revoked_key=_revoked_key(organization),
    )


def banner(access: Access | None) -> str:
    """What a person needs to begin, each command to be pasted as it is."""
    lines = ["", "Axis Admin is running. Ctrl-C stops it.", "", f"  Staff site   {settings.STAFF_URL}/"]
    if access:
        lines.append(f"               sign in as {access.email} with the password {access.password}")
    lines.append(f"  Gateway API  {settings.GATEWAY_URL}/gateway/v1/docs")
    if access:
        lines += [
            "", "Validate the demo key:", "", _validation(access, access.key),
            "", "Report a generation of it:", "", _report(access, timezone.now()),
            "", "Validate a revoked key:", "", _validation(access, access.revoked_key),
        ]  # fmt: skip
    return "\n".join([*lines, ""])


def _organization() -> Organization:
    # One of the invented studios, so that its pages are full; never a customer that somebody else made.
    invented = Q(slug=STUDIOS[0].slug, legal_name=STUDIOS[0].legal_name)
    found = Organization.objects.filter(invented | Q(slug=OWN_SLUG), status="active").order_by("pk").first()
    if found:
        return found
    made = orgs.create_organization(
        actor=trail.SYSTEM, name="Demo", slug=OWN_SLUG, plan_version=plans.latest("enterprise")
    )
    return orgs.activate_organization(organization=made, actor=trail.SYSTEM)


def _password() -> str:
    person = Staff.objects.filter(email=EMAIL).first()
    if person:
        return orgs.reset_password(user=person, actor=trail.SYSTEM)
    _, password = orgs.create_staff(actor=trail.SYSTEM, email=EMAIL, name="Demo Administrator", role=Role.ADMINISTRATOR)
    return password


def _gateway() -> str:
    for last in GatewayCredential.objects.filter(name__startswith=GATEWAY_NAME, revoked_at=None).order_by("pk"):
        keys.revoke_gateway(credential=last, actor=trail.SYSTEM, reason=REASON)
    _, text = keys.create_gateway(actor=trail.SYSTEM, name=GATEWAY_NAME, environment="production")
    return text


def _key(organization: Organization) -> tuple[str, str]:
    usable = ApiKey.objects.usable(at=timezone.now()).filter(organization=organization, name=KEY_NAME)
    key = usable.first()
    if key:
        secret, text = keys.rotate_key(key=key, actor=trail.SYSTEM, overlap=timedelta(0), reason=REASON)
        return secret.public_id, text
    _, text = _issue(organization, KEY_NAME)
    return text.split("_")[2], text


def _revoked_key(organization: Organization) -> str:
    key, text = _issue(organization, "Revoked demo key")
    keys.revoke_key(key=key, actor=trail.SYSTEM, code=ApiKey.RevokeCode.NO_LONGER_USED, reason=REASON)
    return text


def _issue(organization: Organization, name: str) -> tuple[ApiKey, str]:
    return keys.issue_key(
        organization=organization,
        actor=trail.SYSTEM,
        name=name,
        environment=ApiKey.Environment.LIVE,
        api_versions=["v1", "v2"],
        expires_at=timezone.now() + LIFETIME,
        reason=REASON,
    )


def _validation(access: Access, credential: str) -> str:
    body = {"credential": credential, "organization": access.organization, "api_version": "v2"}
    return _curl(access, "keys/validate", body)


def _report(access: Access, now: datetime) -> str:
    generation = {
        "generation_id": str(uuid7.make(now)),
        "organization": access.organization,
        "key": access.public_id,
        "api_version": "v2",
        "outcome": "succeeded",
        "units": 1,
        "occurred_at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration_ms": 8400,
        "resolution": "2K",
    }
    return _curl(access, "generations", {"source": "demo", "generations": [generation]})


def _curl(access: Access, path: str, body: dict[str, Any]) -> str:
    return (
        f"curl -sS {settings.GATEWAY_URL}/gateway/v1/{path} -H 'Authorization: Bearer {access.gateway}'"
        f" -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
    )
