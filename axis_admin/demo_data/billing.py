"""How the studios were billed: what their gateway counted, what is final, and what waits for somebody to decide."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Subquery, Sum

from audit import trail, uuid7
from axis_admin.demo_data.credentials import Held
from metering import actions, advancing, checks, control_totals, ledger
from metering.control_totals import Total
from metering.models import BillingPeriod, Generation, Statement, UsageHour
from orgs.models import Notice, Organization, Staff

SOURCE = GATEWAY = "gw-eu-1"
# So long after it is due a sweep has done it.
SWEPT = timedelta(minutes=5)
TOTALS_AT_ONCE = 10_000
LATE = 11
LATE_MEANS = timedelta(hours=3)
# Whose last period that has ended somebody holds, and whose the gateway has counted otherwise.
HELD, DIFFERS = "northlight", "vantage"
HELD_AFTER = timedelta(hours=30)
DIFFERENCE = 3


def settle(
    staff: Mapping[str, Staff],
    organizations: Mapping[str, Organization],
    held: Sequence[Held],
    *,
    actor: trail.Actor,
    now: datetime,
) -> None:
    """Let every period that has ended go as far as it went, and leave some work to whoever looks."""
    _tell_counts(list(organizations.values()), now=now)
    _lose_a_few(organizations[DIFFERS], now=now)
    _finish(organizations[HELD], actor=actor, now=now)
    late = _report_late(held, now=now)
    if late is not None:
        _tell_counts([late], now=now)
    _report_wrongly(held, now=now)
    _ask(staff, organizations["halide"], organizations["kestrel"], actor=actor, now=now)
    _send(now=now)
    checks.refresh(now=now)


def _send(*, now: datetime) -> None:
    """Date the mails with statements as these. Nobody reads mail at an invented address, so none is left to be sent."""
    for uid, at in Statement.objects.values_list("uid", "issued_at"):
        mails = Notice.objects.filter(kind=Notice.Kind.STATEMENT_ISSUED, about__startswith=f"{uid}/")
        mails.update(created_at=at, sent_at=min(at + SWEPT, now), state=Notice.State.SENT, attempts=1)


def _tell_counts(organizations: Sequence[Organization], *, now: datetime) -> None:
    """Say of every hour what the ledger says, as a gateway that lost nothing would."""
    counted = UsageHour.objects.of_keys("live").filter(organization__in=organizations, outcome="succeeded").order_by()
    uid = Subquery(Organization.objects.filter(pk=OuterRef("organization_id")).values("uid"))
    rows = counted.values_list("hour", uid, "api_version").annotate(Sum("generations"))
    totals = [Total(*row) for row in rows]
    through = now.replace(minute=0, second=0, microsecond=0)
    for start in range(0, max(len(totals), 1), TOTALS_AT_ONCE):
        part = totals[start : start + TOTALS_AT_ONCE]
        control_totals.keep(part, source=SOURCE, complete_through=through, gateway=GATEWAY, now=now)


def _lose_a_few(organization: Organization, *, now: datetime) -> None:
    """Let the gateway have counted some more in one hour of the period that ended last."""
    period = _last(organization, now=now)
    if period is None:
        return
    hours = UsageHour.objects.of_keys("live").filter(organization=organization, period=period, outcome="succeeded")
    hour, version = hours.order_by("-hour").values_list("hour", "api_version")[0]
    succeeded = hours.filter(hour=hour, api_version=version).aggregate(Sum("generations"))["generations__sum"]
    more = Total(hour, organization.uid, version, succeeded + DIFFERENCE)
    control_totals.keep([more], source=SOURCE, complete_through=hour, gateway=GATEWAY, now=now)


def _finish(disputing: Organization, *, actor: trail.Actor, now: datetime) -> None:
    """Take each period that has ended through its review, at the times at which a sweep would have."""
    ended = BillingPeriod.objects.filter(span__endswith__lte=now - SWEPT).order_by("span__endswith", "pk")
    disputed = _last(disputing, now=now)
    for at, periods in groupby(ended, key=lambda period: period.span.upper):
        ids = [period.pk for period in periods]
        advancing.advance(ids, now=at + SWEPT, actor=actor)
        if disputed is not None and disputed.pk in ids:
            _hold(disputed, actor=actor, now=min(at + HELD_AFTER, now))
        for until in _reviews(ids):
            if until + SWEPT < now:
                advancing.advance(ids, now=until + SWEPT, actor=actor)


def _reviews(ids: Sequence[int]) -> Iterator[datetime]:
    found = BillingPeriod.objects.filter(pk__in=ids).values_list("review_until", flat=True)
    yield from sorted({until for until in found if until is not None})


def _hold(period: BillingPeriod, *, actor: trail.Actor, now: datetime) -> None:
    reason = "The customer says that half of the 4K generations were retries of ours"
    actions.hold_period(period=period, actor=actor, now=now, reason=reason, ticket="SUP-2203")


def _last(organization: Organization, *, now: datetime) -> BillingPeriod | None:
    """The period that ended last."""
    rows = BillingPeriod.objects.filter(organization=organization, span__endswith__lte=now - SWEPT)
    return rows.order_by("-span").first()


def _report_late(held: Sequence[Held], *, now: datetime) -> Organization | None:
    """Let a gateway find some generations of a period that is final; returns whose."""
    final = BillingPeriod.objects.filter(state=BillingPeriod.State.FINAL, span__endswith__gt=now - timedelta(days=30))
    for period in final.filter(organization__status="active").order_by("-span__endswith"):
        found = next((one for one in held if _works(one, period.organization_id)), None)
        if found is not None:
            at = period.span.upper - LATE_MEANS
            items = [_item(found, at + n * timedelta(minutes=7)) for n in range(LATE)]
            ledger.append(items=items, source=SOURCE, gateway=GATEWAY, now=now)
            return found.key.organization
    return None


def _report_wrongly(held: Sequence[Held], *, now: datetime) -> None:
    """Let a gateway report what cannot be counted: an unknown key, too old, another body under a known id, a replay."""
    one = next(each for each in held if _works(each, None))
    at = now - timedelta(hours=5)
    good = {**_item(one, at), "idempotency_key": "shot-0417-v3"}
    wrong = [
        good,
        {**good, "units": 4},
        {**_item(one, at + timedelta(minutes=2)), "idempotency_key": "shot-0417-v3"},
        {**_item(one, at), "key": "0nobodysKey0"},
        _item(one, now - timedelta(days=41)),
    ]
    ledger.append(items=wrong, source=SOURCE, gateway=GATEWAY, now=now)
    _tell_counts([one.key.organization], now=now)


def _works(held: Held, organization_id: int | None) -> bool:
    sketch = held.sketch
    is_right = organization_id is None or held.key.organization_id == organization_id
    return is_right and sketch.fate == "active" and sketch.environment == "live" and "v2" in sketch.versions


def _item(held: Held, at: datetime) -> dict[str, Any]:
    """A generation as a gateway reports it."""
    return {
        "generation_id": str(uuid7.make(at)),
        "organization": held.key.organization.uid,
        "key": held.first_secret.public_id,
        "api_version": "v2",
        "outcome": Generation.Outcome.SUCCEEDED.value,
        "units": 1,
        "occurred_at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration_ms": 8_400,
        "resolution": "2K",
        "aspect_ratio": "16:9",
        "service_tier": "shared",
    }


def _ask(
    staff: Mapping[str, Staff], slow: Organization, other: Organization, *, actor: trail.Actor, now: datetime
) -> None:
    """Let one credit wait for an approver, and another one be on its way to a statement."""
    waiting, present = _last(slow, now=now), BillingPeriod.objects.containing(now).get(organization=other)
    if waiting is not None and waiting.state in (BillingPeriod.State.OPEN, BillingPeriod.State.REVIEW):
        actions.ask_for_money(
            period=waiting, kind="credit", amount=Decimal("68.40"), text="Slow answers on one afternoon",
            asker=staff["bea"], actor=actor, reason="Promised on the phone after the incident", ticket="SUP-2188",
        )  # fmt: skip
    request = actions.ask_for_money(
        period=present, kind="credit", amount=Decimal("120.00"), text="Trial of 4K renders",
        asker=staff["bea"], actor=actor, reason="Agreed with the renewal", ticket="CRM-10418",
    )  # fmt: skip
    actions.approve_adjustment(request=request, decider=staff["dov"], actor=actor, now=now, reason="As agreed")
