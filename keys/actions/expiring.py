"""Keys that expire: their contacts are warned, and the trail and the feed say when one did."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import expiries, telling
from keys.actions.keys import lock_key, plain, record
from keys.models import ApiKey, ExpiryMark
from orgs import changes
from orgs.models import Organization

# Nobody is told of a key that expired long before somebody looked.
NEWS_FOR = timedelta(days=7)


@transaction.atomic
def note_expiry(*, key: ApiKey, actor: trail.Actor) -> int | None:
    """Do what the key's expiry asks for by now, once for each of its marks; returns the mark, None where there is none.

    Before it expires the contacts are warned; after it, they are told, and it is recorded and announced. That its calls
    are refused on time is judged at each decision, not here.
    """
    key = lock_key(key)
    days = expiries.reached(key.expires_at, now=timezone.now())
    if key.expires_at is None or days is None or key.state == ApiKey.State.REVOKED:
        return None
    mark = ExpiryMark.objects.filter(key=key).first()
    if mark is not None and mark.expires_at == key.expires_at and mark.days_before <= days:
        return None
    ExpiryMark.objects.update_or_create(key=key, defaults={"expires_at": key.expires_at, "days_before": days})
    if days:
        _warn(key, key.expires_at, days, actor=actor)
    else:
        _record_end(key, key.expires_at, actor=actor)
    return days


def _warn(key: ApiKey, expires_at: datetime, days: int, *, actor: trail.Actor) -> None:
    # Whoever was just given a key knows how long it lasts.
    told_on_issue = expires_at - timedelta(days=days) <= key.created_at
    if told_on_issue or _is_closed(key):
        return
    contacts = telling.expiring(key, expires_at, days=days)
    if contacts:
        detail = {"days": days, **_told(expires_at, contacts)}
        record(Verb.KEY_EXPIRY_WARNED, key, actor=actor, after={}, detail=detail)


def _record_end(key: ApiKey, expires_at: datetime, *, actor: trail.Actor) -> None:
    is_news = timezone.now() - expires_at < NEWS_FOR and not _is_closed(key)
    contacts = telling.expired(key, expires_at) if is_news else 0
    record(Verb.KEY_EXPIRED, key, actor=actor, after={}, detail=_told(expires_at, contacts))
    public_ids = list(key.secrets.values_list("public_id", flat=True))
    changes.announce(organization=key.organization, kind="key.changed", public_ids=public_ids)


def _told(expires_at: datetime, contacts: int) -> dict[str, str | int]:
    return {"expires_at": str(plain(expires_at)), "contacts": contacts}


def _is_closed(key: ApiKey) -> bool:
    return key.organization.status == Organization.Status.CLOSED
