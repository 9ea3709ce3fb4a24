"""Whose credential is this? The stored digest alone tells: the checksum is public, and a pattern proves nothing."""

import hmac
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from django.conf import settings
from django.core import signing

from audit import wording
from keys import imports, mentions, secrets
from keys.gateways import GatewaySecret
from keys.models import ApiKey, KeySecret, LeakReport
from keys.secrets import Parsed
from orgs.models import Organization

if TYPE_CHECKING:
    from orgs.models import Staff

logger = logging.getLogger(__name__)

Leaked = KeySecret | GatewaySecret

# A person reports what they have just looked up.
SEEN_LASTS_S = 3600
AT_ONCE = 5_000
_SALT = "keys.leaks.seen"
_KINDS: dict[str, type[Leaked]] = {"key": KeySecret, "gateway": GatewaySecret}


@dataclass(frozen=True)
class Match:
    """A credential that somebody has: `secret` is whose it is, None where its digest is nobody's."""

    public_id: str
    secret: Leaked | None


def parsed(texts: Iterable[str]) -> list[Parsed]:
    """Return those of the texts that are credentials of our format with a right checksum."""
    return [one for one in map(secrets.parse, texts) if one]


def imported(text: str, *, most: int | None = None) -> list[Parsed]:
    """Return what in the text begins like an imported credential, and may be any word at all; see `beginning_with`."""
    prefixes = imports.prefixes()
    words = mentions.beginning_with(text, prefixes, most=most)
    found = (secrets.parse_imported(word, prefixes) for word in words)
    return [one for one in found if one]


def address_without(url: str, text: str) -> str:
    """Return the address with each credential of the text, and whatever else looks like one, as what it begins with."""
    prefixes = imports.prefixes()
    plain = f"{url} {unquote(url)}"
    words = [word for word in mentions.beginning_with(text, prefixes) if word in plain]
    for word in sorted(words, key=len, reverse=True):
        begins = max((one for one in prefixes if word.startswith(one)), key=len)
        for written in (word, quote(word, safe=""), quote(word)):
            url = url.replace(written, begins)
    return wording.prefixes_of_all(url)


def matched(credentials: Sequence[Parsed]) -> list[Match]:
    """Say of each credential whose secret it is."""
    of_keys = KeySecret.objects.select_related("key__organization__plan_version__plan", "use")
    of_gateways = GatewaySecret.objects.select_related("credential")
    known: dict[bool, dict[str, Leaked]] = {False: {}, True: {}}
    for start in range(0, len(credentials), AT_ONCE):
        ids = [one.public_id for one in credentials[start : start + AT_ONCE]]
        known[False].update((one.public_id, one) for one in of_keys.filter(public_id__in=ids))
        known[True].update((one.public_id, one) for one in of_gateways.filter(public_id__in=ids))
    return [
        Match(one.public_id, _if_it_is(one, known[one.kind == "gateway"].get(one.public_id))) for one in credentials
    ]


def _if_it_is(credential: Parsed, secret: Leaked | None) -> Leaked | None:
    return secret if secret is not None and _matches(credential, secret) else None


def _matches(credential: Parsed, secret: Leaked) -> bool:
    try:
        digest = secrets.unseal(
            bytes(secret.digest), ring_id=secret.ring_id, public_id=secret.public_id, ring=settings.FIELD_KEYS
        )
    except secrets.UnsealError:
        logger.exception("a sealed digest does not open; its credential is taken for nobody's")
        return False
    return hmac.compare_digest(digest, credential.digest)


def death(secret: Leaked, *, at: datetime) -> str:
    """Say in a word why the secret no longer works: revoked, expired, retired, closed; nothing where it works.

    Paused, or of a suspended organization, is not dead: it may come back.
    """
    if isinstance(secret, GatewaySecret):
        return _death_of_gateway(secret, at=at)
    if secret.key.state == ApiKey.State.REVOKED:
        return "revoked"
    if secret.is_retired(at=at):
        return "replaced"
    if secret.key.is_expired(at=at):
        return "expired"
    return "closed" if secret.key.organization.status == Organization.Status.CLOSED else ""


def _death_of_gateway(secret: GatewaySecret, *, at: datetime) -> str:
    if secret.credential.revoked_at is not None:
        return "revoked"
    over = secret.overlap_until is not None and secret.overlap_until <= at
    if secret.state == GatewaySecret.State.RETIRED or (secret.state == GatewaySecret.State.OVERLAP and over):
        return "replaced"
    return "expired" if secret.credential.is_expired(at=at) else ""


def seen_by(user: "Staff", secret: Leaked) -> str:
    """Return a text that says this person's paste matched this secret: it goes through the page in its place."""
    kind = "gateway" if isinstance(secret, GatewaySecret) else "key"
    return signing.dumps([user.uid, kind, secret.pk], salt=_SALT, compress=True)


def seen(user: "Staff", text: str) -> Leaked | None:
    """Return the secret of which `seen_by` spoke; None for another person's text, an old or a made-up one."""
    try:
        uid, kind, pk = signing.loads(text, salt=_SALT, max_age=SEEN_LASTS_S)
    except signing.BadSignature:
        return None
    if uid != user.uid:
        return None
    related = "credential" if kind == "gateway" else "key__organization__plan_version__plan"
    found: Leaked | None = _KINDS[kind]._default_manager.select_related(related).filter(pk=pk).first()
    return found


def dead_about(secret: Leaked, source: str) -> LeakReport | None:
    """Return the newest report of this source about the secret that said that it was dead already."""
    reports = secret.leaks.filter(outcome=LeakReport.Outcome.ALREADY_DEAD, source=source)
    return reports.order_by("-pk").first()


def open_about(secret: Leaked) -> LeakReport | None:
    """Return the report about the secret that nobody has closed yet."""
    return secret.leaks.open().first()
