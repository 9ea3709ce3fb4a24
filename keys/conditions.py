"""What a list of keys can be narrowed by, each as a condition at a given time: lists, totals and boards share them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, LessThan, LessThanOrEqual

from audit import wording
from keys.endless import Epoch, Infinity
from keys.models import ApiKey, KeySecret, KeyUse
from keys.states import SOON
from orgs.models import Contact, Organization

NEVER = "never"
IDLE = timedelta(days=90)
WORKING = (KeySecret.State.PENDING, KeySecret.State.ACTIVE, KeySecret.State.OVERLAP)
# Who can be told of a leak, or of a secret that is about to end.
TELLABLE = (Contact.Kind.TECHNICAL, Contact.Kind.SECURITY)
OVERDUE, UNTOLD, IMPORTED = "overdue", "no-contact", "imported"
CHECKS = [
    (OVERDUE, "Rotation overdue"),
    (UNTOLD, "Nobody to tell"),
    (IMPORTED, "Imported, not rotated yet"),
]


def of_state(state: str, *, at: datetime) -> Q:
    """In this state by the clock. Active, paused, expired and revoked part all keys; the others lie within active."""
    running = Q(state=ApiKey.State.ACTIVE) & ~_expires_by(at)
    return {
        "active": lambda: running,
        "rotating": lambda: running & _among(ApiKey.objects.rotating(at=at)),
        "due": lambda: running & _overdue(at),
        "expiring": lambda: running & _expires_by(at + SOON),
        "paused": lambda: Q(state=ApiKey.State.PAUSED) & ~_expires_by(at),
        "expired": lambda: _expires_by(at) & ~Q(state=ApiKey.State.REVOKED),
        "revoked": lambda: Q(state=ApiKey.State.REVOKED),
    }[state]()


def expiring_before(when: str, *, at: datetime) -> Q:
    """That expire before a day (2026-12-24) or within days (30d), those that have expired too; or never."""
    if when == NEVER:
        return Q(expires_at=None)
    return Q(LessThan(_expiry(), _time(moment(when, at=at))))


def unused_for(days: str, *, at: datetime) -> Q:
    """Without a call for so many days, made before that; or never called at all."""
    used = Coalesce("last_used_at", Epoch())
    if days == NEVER:
        return _among(KeyUse.objects.filter(Exact(used, Epoch())), "key")
    since = at - timedelta(days=int(days))
    return _among(KeyUse.objects.filter(LessThan(used, _time(since))), "key") & Q(created_at__lt=since)


def with_check(check: str, *, at: datetime) -> Q:
    """That a reviewer would stop at."""
    if check == OVERDUE:
        return _overdue(at)
    if check == UNTOLD:
        told = Contact.objects.filter(organization=OuterRef("pk"), kind__in=TELLABLE)
        return Q(organization__in=Organization.objects.filter(~Exists(told)).order_by().values("pk"))
    imported = KeySecret.objects.exclude(imported_prefix="").filter(state__in=WORKING)
    return _among(imported, "key")


def matching(text: str) -> Q:
    """Whose name contains the text, or whose id or key prefix begins with it."""
    id = wording.unprefixed(text)
    secrets = KeySecret.objects.filter(public_id__startswith=id).order_by().values("key")
    # As one set of ids, since an index answers each part and none answers the whole.
    named = ApiKey.objects.filter(name__icontains=text).order_by().values("pk")
    by_id = ApiKey.objects.filter(uid__startswith=text).order_by().values("pk")
    return Q(pk__in=named.union(by_id, secrets, all=True))


def moment(when: str, *, at: datetime) -> datetime:
    """The beginning of a day, UTC, or so many days from now (30d); ValueError with a sentence that helps."""
    try:
        if when.endswith("d"):
            return at + timedelta(days=int(when[:-1]))
        return datetime.combine(date.fromisoformat(when), time(), tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("Write a day, as in 2026-12-24, or how many days from now, as in 30d.") from None


def _expires_by(at: datetime) -> Q:
    return Q(LessThanOrEqual(_expiry(), _time(at)))


def _expiry() -> Coalesce:
    """The expiry as its index has it."""
    return Coalesce("expires_at", Infinity())


def _time(at: datetime) -> Value:
    return Value(at, output_field=DateTimeField())


def _overdue(at: datetime) -> Q:
    # Said twice, because the index of those few is found by the first.
    return _among(ApiKey.objects.filter(rotate_every__isnull=False).due_for_rotation(by=at))


def _among(rows: QuerySet[Any], field: str = "pk") -> Q:
    """Those of which the rows are, found from the rows' side: they are few, and have an index of their own."""
    return Q(pk__in=rows.order_by().values(field))
