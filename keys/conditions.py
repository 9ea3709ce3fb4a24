"""What a list of keys can be narrowed by, each as a condition at a given time: lists, totals and boards share them."""

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q

from audit import wording
from keys.models import ApiKey, KeySecret
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
    (IMPORTED, "Imported secret"),
]


def of_state(state: str, *, at: datetime) -> Q:
    """In this state by the clock. Active, paused, expired and revoked part all keys; the others lie within active."""
    running = Q(state=ApiKey.State.ACTIVE) & _not_expired(at)
    return {
        "active": lambda: running,
        "rotating": lambda: running & _among(ApiKey.objects.rotating(at=at)),
        "due": lambda: running & _overdue(at),
        "expiring": lambda: running & Q(expires_at__lte=at + SOON),
        "paused": lambda: Q(state=ApiKey.State.PAUSED) & _not_expired(at),
        "expired": lambda: Q(expires_at__lte=at) & ~Q(state=ApiKey.State.REVOKED),
        "revoked": lambda: Q(state=ApiKey.State.REVOKED),
    }[state]()


def expiring_before(when: str, *, at: datetime) -> Q:
    """That expire before a day (2026-12-24) or within days (30d), those that have expired too; or never."""
    if when == NEVER:
        return Q(expires_at=None)
    return Q(expires_at__lt=moment(when, at=at))


def unused_for(days: str, *, at: datetime) -> Q:
    """Without a call for so many days, made before that; or never called at all."""
    never = Q(latest_use__last_used_at=None)
    if days == NEVER:
        return never
    since = at - timedelta(days=int(days))
    return Q(latest_use__last_used_at__lt=since) | (never & Q(created_at__lt=since))


def with_check(check: str, *, at: datetime) -> Q:
    """That a reviewer would stop at."""
    if check == OVERDUE:
        return _overdue(at)
    if check == UNTOLD:
        told = Contact.objects.filter(organization=OuterRef("pk"), kind__in=TELLABLE)
        return Q(organization__in=Organization.objects.filter(~Exists(told)).order_by().values("pk"))
    imported = KeySecret.objects.exclude(imported_prefix="").filter(state__in=WORKING)
    return Q(pk__in=imported.order_by().values("key"))


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


def _not_expired(at: datetime) -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=at)


def _overdue(at: datetime) -> Q:
    # Said twice, because the index of those few is found by the first.
    return _among(ApiKey.objects.filter(rotate_every__isnull=False).due_for_rotation(by=at))


def _among(keys: object) -> Q:
    return Q(pk__in=keys.order_by().values("pk"))  # type: ignore[attr-defined]
