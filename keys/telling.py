"""What the contacts of a customer are told of a key, in the transaction of the change. No secret is among it."""

from datetime import UTC, datetime

from django.utils import timezone

from keys.models import ApiKey, KeySecret
from orgs import notices
from orgs.models import Notice

# Said to the customer; what stands behind the others is between us and them.
_WHY = {
    ApiKey.RevokeCode.LEAKED: "it has leaked",
    ApiKey.RevokeCode.REPLACED: "replaced by another key",
    ApiKey.RevokeCode.NO_LONGER_USED: "no longer used",
    ApiKey.RevokeCode.CUSTOMER_WISH: "at your wish",
}


def issued(key: ApiKey, secret: KeySecret) -> None:
    facts = {
        "prefix": _prefix(key, secret),
        "environment": key.environment,
        "versions": ", ".join(key.api_versions),
        "expires": _moment(key, key.expires_at),
    }
    _tell(key, Notice.Kind.KEY_ISSUED, f"{key.uid}/issued", facts)


def rotated(key: ApiKey, secret: KeySecret, *, begins: datetime, stops: datetime, at_the_latest: bool = False) -> None:
    """Tell of a new secret, and when the old one stops; `at_the_latest` where that waits for a first use."""
    ends = f"{_moment(key, stops)}{' at the latest' if at_the_latest else ''}"
    facts = {"prefix": _prefix(key, secret), "begins": _moment(key, begins), "stops": ends}
    letter = "key_replaced" if stops <= begins else "key_rotated"
    _tell(key, Notice.Kind.KEY_ROTATED, f"{key.uid}/rotated/{secret.public_id}", facts, letter=letter)


def overlap_changed(key: ApiKey, old: KeySecret, *, stops: datetime) -> None:
    """Tell that the old secret stops at another time than was said."""
    facts = {"old": _prefix(key, old), "stops": _moment(key, stops)}
    about = f"{key.uid}/overlap/{key.version}"
    _tell(key, Notice.Kind.KEY_ROTATED, about, facts, letter="key_overlap_changed")


def rotation_taken_back(key: ApiKey, *, works: KeySecret | None, gone: KeySecret | None) -> None:
    """Tell that the secret which was to be the new one is not, and which one works."""
    facts = {name: _prefix(key, secret) if secret else "none" for name, secret in (("old", works), ("new", gone))}
    about = f"{key.uid}/taken_back/{key.version}"
    _tell(key, Notice.Kind.KEY_ROTATED, about, facts, letter="key_rotation_taken_back")


def paused(key: ApiKey) -> None:
    _tell(key, Notice.Kind.KEY_PAUSED, f"{key.uid}/paused/{key.version}", {})


def resumed(key: ApiKey) -> None:
    _tell(key, Notice.Kind.KEY_PAUSED, f"{key.uid}/resumed/{key.version}", {}, letter="key_resumed")


def revoked(key: ApiKey) -> None:
    why = _WHY.get(ApiKey.RevokeCode(key.revoke_code), "ask us")
    _tell(key, Notice.Kind.KEY_REVOKED, f"{key.uid}/revoked", {"why": why})


def expiring(key: ApiKey, expires_at: datetime, *, days: int) -> int:
    """Tell that the key expires within so many days; returns how many contacts there are to tell."""
    facts = {
        "expires": _moment(key, expires_at),
        "day": f"{expires_at.astimezone(key.organization.zone):%-d %b %Y}",
        "left": "tomorrow or earlier" if days == 1 else f"within {days} days",
    }
    return _tell(key, Notice.Kind.KEY_EXPIRING, f"{key.uid}/expiring/{_stamp(expires_at)}/{days}", facts)


def expired(key: ApiKey, expires_at: datetime) -> int:
    """Tell that the key has expired; returns how many contacts there are to tell."""
    facts = {"expires": _moment(key, expires_at)}
    return _tell(key, Notice.Kind.KEY_EXPIRED, f"{key.uid}/expired/{_stamp(expires_at)}", facts)


def _tell(key: ApiKey, kind: str, about: str, facts: dict[str, str], *, letter: str = "") -> int:
    known = {
        "name": key.name,
        "key": f"{key.name}, {key.environment}",
        "prefix": _prefixes(key),
        "at": _moment(key, timezone.now()),
    }
    return notices.tell(organization=key.organization, kind=kind, about=about, facts={**known, **facts}, letter=letter)


def _prefix(key: ApiKey, secret: KeySecret) -> str:
    return f"axk_{key.environment}_{secret.public_id}"


def _prefixes(key: ApiKey) -> str:
    """The key prefixes of the secrets that work, by which the customer knows the key."""
    running = key.secrets.filter(state__in=(KeySecret.State.ACTIVE, KeySecret.State.OVERLAP)).order_by("-id")
    return ", ".join(_prefix(key, secret) for secret in running) or "none"


def _moment(key: ApiKey, at: datetime | None) -> str:
    return "never" if at is None else notices.moment(at, key.organization)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
