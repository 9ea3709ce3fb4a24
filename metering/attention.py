"""What of an organization needs somebody: leaks, links, pilots, quotas, keys, periods, holds, renewal, availability.

Asked for many organizations at once, in a number of statements that does not grow with them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.urls import reverse

from keys import quota_warnings
from keys.models import ApiKey, DeliveryLink, LeakReport, Pilot
from keys.states import SOON
from metering import closing, closing_facts
from metering.models import BillingPeriod, PeriodCheck, UsageAlert
from orgs.models import Notice, Organization, Reservation

# So long before its date a renewal is prepared.
RENEWAL_AHEAD = timedelta(days=60)
ROTATION_AHEAD, LINK_AHEAD, TOLD_OF = timedelta(days=7), timedelta(hours=24), timedelta(days=7)
# From this step on, in percent, what is included will hardly last.
NEAR, ALL = 80, 100
BAD, SOON_BAD, KNOWN = "bad", "warn", ""
_RANK = {BAD: 0, SOON_BAD: 1, KNOWN: 2}


@dataclass(frozen=True)
class Attention:
    """One thing that needs somebody: what, by when (None: now), how bad, and the page where it is settled."""

    text: str
    href: str
    at: datetime | None = None
    tone: str = KNOWN

    @property
    def urgency(self) -> tuple[int, datetime]:
        """Sorts the most urgent first: what is bad, then by when it is due."""
        return _RANK[self.tone], self.at or datetime.min.replace(tzinfo=UTC)


Found = Iterator[tuple[int, Attention]]
Pks = Sequence[int]


def of(organizations: Sequence[Organization], *, now: datetime) -> dict[int, list[Attention]]:
    """Return what needs somebody by the primary key of its organization, the most urgent first."""
    pks = [organization.pk for organization in organizations]
    found: dict[int, list[Attention]] = {pk: [] for pk in pks}
    for finder in _FINDERS:
        for pk, item in finder(pks, now):
            found[pk].append(item)
    for pk, item in _renewals(organizations, now):
        found[pk].append(item)
    for items in found.values():
        items.sort(key=lambda item: item.urgency)
    return found


def _leaks(pks: Pks, now: datetime) -> Found:
    rows = LeakReport.objects.open().filter(secret__key__organization__in=pks).select_related("secret__key")
    for leak in rows:
        if leak.key is not None:
            contained = leak.outcome == LeakReport.Outcome.CONTAINED
            text = f"Secret of {leak.key} leaked{', contained' if contained else ''}"
            tone = SOON_BAD if contained else BAD
            yield leak.key.organization_id, Attention(text, reverse("keys:leak", args=[leak.uid]), tone=tone)


def _links(pks: Pks, now: datetime) -> Found:
    rows = DeliveryLink.objects.filter(secret__key__organization__in=pks).select_related("secret__key")
    href = reverse("keys:links")
    for link in rows.alarmed():
        text = f"One-time link of {link.secret.key} was opened again"
        yield link.secret.key.organization_id, Attention(text, href, tone=BAD)
    for link in rows.unopened().filter(expires_at__lte=now + LINK_AHEAD):
        ended = "ended" if link.expires_at <= now else "ends"
        text = f"One-time link of {link.secret.key} {ended} unopened"
        yield link.secret.key.organization_id, Attention(text, href, link.expires_at, SOON_BAD)


def _pilots(pks: Pks, now: datetime) -> Found:
    for pilot in Pilot.objects.filter(organization__in=pks).ending(at=now):
        href = reverse("metering:pilot", args=[pilot.organization.uid])
        yield pilot.organization_id, Attention("Pilot ends", href, pilot.ends_at, SOON_BAD)


def _quotas(pks: Pks, now: datetime) -> Found:
    known = set(pks)
    for one in quota_warnings.told_of(at=now):
        if one.use.organization_id in known:
            href = reverse("keys:org_limits", args=[one.use.organization.uid])
            whose = f"{one.whose}: " if one.whose else ""
            tone = BAD if one.percent >= 100 else SOON_BAD
            yield one.use.organization_id, Attention(f"{whose}{one.said} used", href, one.use.ends_at, tone)


def _keys(pks: Pks, now: datetime) -> Found:
    rows = ApiKey.objects.filter(organization__in=pks)
    for key in rows.filter(expires_at__lte=now + SOON, expires_at__gt=now, state="active"):
        href = reverse("keys:detail", args=[key.uid])
        yield key.organization_id, Attention(f"Key {key} expires", href, key.expires_at, SOON_BAD)
    for key in rows.due_for_rotation(by=now + ROTATION_AHEAD):
        href = reverse("keys:rotation", args=[key.uid])
        yield key.organization_id, Attention(f"Rotation of {key} is due", href, getattr(key, "rotation_due", None))


def _periods(pks: Pks, now: datetime) -> Found:
    """Those in review that are held, or whose window is over and that something else keeps from being closed."""
    rows = BillingPeriod.objects.filter(organization__in=pks, state=BillingPeriod.State.REVIEW)
    for period in rows.select_related("organization", "contract", "found"):
        # What was last found of it; whoever decides asks anew.
        check: PeriodCheck | None = getattr(period, "found", None)
        known = closing_facts.of_check(period, check, at=now)
        found = [one for one in closing.blockers(known) if not one.passes]
        if found and (period.is_held or (period.review_until and period.review_until <= now)):
            text = f"Period {period}: {found[0].title[0].lower()}{found[0].title[1:]}"
            yield period.organization_id, Attention(text, period_page(period), period.review_until, SOON_BAD)


def _allowances(pks: Pks, now: datetime) -> Found:
    """Steps of what the present period includes that people were told of; a minimum that is reached needs nobody."""
    rows = UsageAlert.objects.filter(period__organization__in=pks, period__span__contains=now, threshold__gte=NEAR)
    included = rows.filter(kind=UsageAlert.Kind.INCLUDED).select_related("period__organization")
    for alert in included.order_by("period_id", "-threshold").distinct("period"):
        period = alert.period
        href = reverse("metering:for_org", args=[period.organization.uid]) + f"?period={period.label}"
        if alert.threshold >= ALL:
            yield period.organization_id, Attention("The included generations are used up", href, tone=SOON_BAD)
        else:
            text = f"{alert.threshold}% of the included generations used"
            yield period.organization_id, Attention(text, href, period.span.upper, SOON_BAD)


def _holds(pks: Pks, now: datetime) -> Found:
    for hold in Reservation.objects.filter(organization__in=pks).holds(at=now).select_related("pool"):
        href = reverse("orgs:reservation", args=[hold.uid])
        yield hold.organization_id, Attention(f"Hold in {hold.pool} runs out", href, hold.hold_expires_at)


def _mails(pks: Pks, now: datetime) -> Found:
    rows = Notice.objects.filter(organization__in=pks, created_at__gt=now - TOLD_OF).failed()
    latest = rows.order_by("organization_id", "-created_at").distinct("organization")
    for notice in latest.select_related("organization"):
        href = reverse("orgs:contacts", args=[notice.organization.uid])
        yield notice.organization_id, Attention(f"A mail to {notice.email} failed", href, notice.created_at)


def _renewals(organizations: Sequence[Organization], now: datetime) -> Found:
    for organization in organizations:
        on = organization.renewal_on
        if on is None or on > (now + RENEWAL_AHEAD).date() or organization.status == Organization.Status.CLOSED:
            continue
        text, tone = ("Renewal was due", SOON_BAD) if on < now.date() else ("Renewal", KNOWN)
        href = reverse("metering:brief", args=[organization.uid])
        yield organization.pk, Attention(text, href, _midnight(on), tone)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def period_page(period: BillingPeriod) -> str:
    """Return the address of a billing period's page."""
    return reverse("metering:period", args=[period.organization.uid, period.label])


_FINDERS: tuple[Callable[[Pks, datetime], Found], ...] = (
    _leaks, _links, _pilots, _quotas, _keys, _periods, _allowances, _holds, _mails,
)  # fmt: skip
