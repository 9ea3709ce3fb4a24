"""The first page: what needs a person today, and what was done lately."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import jobs, reading, search
from audit import scope as audit_scope
from axis_admin import due_adjustments, due_periods, due_pilots, due_quotas, due_usage
from axis_admin.ui import words
from keys.models import ApiKey, DeliveryLink, KeySecret, LeakReport
from keys.states import SOON
from metering import usage
from metering.models import UsageHour
from orgs.models import Notice, Organization, Reservation
from orgs.policy import Permission, Scope, scope
from orgs.requests import StaffRequest

TODAY = timedelta(hours=24)
# Beyond this a list is no longer read; the lists behind it are.
MOST = 12
LATELY = 8
# So long before it is due, a rotation is agreed on with the customer.
DUE_SOON = timedelta(days=7)
# A younger draft is being worked on.
FORGOTTEN = timedelta(days=3)

# Longer than anything waits.
FOREMOST = timedelta(days=36_500)

# Whoever was not reached a week ago is known by now.
TOLD_OF = timedelta(days=7)

# Whoever may stop a key looks after keys: for others what is due about them is no task.
KEYS = Permission.KEY_PAUSE

Due = dict[str, Any]


@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """Show what needs attention in the person's scope, soonest first."""
    now = timezone.now()
    items = sorted(_due(request, now=now), key=lambda item: item["at"])
    today = [item for item in items if item["at"] - now <= TODAY]
    later = [item for item in items if item["at"] - now > TODAY]
    context = {
        "title": "Home",
        "today": today[:MOST],
        "later": later[:MOST],
        "counted": _counted(len(items), len(today)),
        "now": now,
        "may_create": request.staff.can(Permission.ORGANIZATION_CREATE),
        "lately": _lately(request),
        "sees_log": request.staff.can(Permission.AUDIT_SEE),
        "jobs": jobs.of_person(request.actor.id).going()[:MOST],
        "looks_after_keys": request.staff.can(KEYS),
        "usage": _usage(request, now=now) if request.staff.can(Permission.USAGE_SEE) else None,
    }
    return render(request, "home.html", context)


def _usage(request: StaffRequest, *, now: datetime) -> usage.Tally:
    """Count the last 24 whole hours of live keys, in the person's scope."""
    start = now.replace(minute=0, second=0, microsecond=0) - TODAY
    rows = UsageHour.objects.of_keys(ApiKey.Environment.LIVE).between(start, now)
    return usage.tally(rows.filter(scope(request.user, Permission.USAGE_SEE).as_q("organization__")))


def _lately(request: StaffRequest) -> list[reading.Reading]:
    asked = search.Question(outcome="success", operations=("create", "update", "delete"))
    return reading.readings(search.newest(asked, audit_scope.of(request.staff), size=LATELY))


def _counted(all_of_them: int, today: int) -> str:
    if not all_of_them:
        return "Nothing waits for you."
    return f"{all_of_them} thing{'s' if all_of_them > 1 else ''}, {today} of them today."


def _due(request: StaffRequest, *, now: datetime) -> Iterator[Due]:
    person = request.user
    keys, contacts, organizations = (
        scope(person, one) for one in (KEYS, Permission.CONTACT_EDIT, Permission.ORGANIZATION_EDIT)
    )
    activating = scope(person, Permission.ORGANIZATION_ACTIVATE)
    yield from _leaks(request, now)
    yield from _ending_overlaps(KeySecret.objects.filter(keys.as_q("key__organization__")), now)
    yield from _expiring_keys(ApiKey.objects.filter(keys.as_q("organization__")), now)
    yield from _due_rotations(ApiKey.objects.filter(keys.as_q("organization__")), now)
    yield from _links(DeliveryLink.objects.filter(keys.as_q("secret__key__organization__")).with_keys(), now)
    yield from (_item(at, now, **said) for at, said in due_pilots.items(request.user, now=now, most=MOST))
    yield from (_item(at, now, **said) for at, said in due_periods.items(request.user, now=now, most=MOST))
    yield from (_item(at, now, **said) for at, said in due_quotas.items(request.user, now=now, most=MOST))
    yield from (_item(at, now, **said) for at, said in due_usage.items(request.user, now=now, most=MOST))
    yield from (_item(at, now, **said) for at, said in due_adjustments.items(request.user))
    yield from _holds(request, now)
    yield from _mails(Notice.objects.filter(contacts.as_q("organization__")).select_related("organization"), now)
    yield from _drafts(Organization.objects.filter(_either(organizations, activating)), now)


def _either(one: Scope, other: Scope) -> Q:
    return Q() if one.everything or other.everything else one.as_q() | other.as_q()


def _item(at: datetime, now: datetime, *, icon: str, text: str, note: str, act: str, href: str) -> Due:
    tone = "late" if at - now <= TODAY else "soon" if at - now <= timedelta(days=7) else ""
    when = words.ago_text(at) if at > now else "waiting"
    return {"at": at, "when": when, "tone": tone, "icon": icon, "text": text, "note": note, "act": act, "href": href}


def _leaks(request: StaffRequest, now: datetime) -> Iterable[Due]:
    reports = LeakReport.objects.for_user(request.user, Permission.KEY_CONTAIN).open().with_whose()
    for leak in reports[:MOST]:
        yield _leak(leak, now)


def _leak(leak: LeakReport, now: datetime) -> Due:
    whose = f"{leak.organization}, key {leak.key}" if leak.key else "A gateway's credential"
    is_contained = leak.outcome == LeakReport.Outcome.CONTAINED
    # An open one comes before everything that has a date; a contained one waits behind what is due today.
    at = now + timedelta(days=1, seconds=1) if is_contained else now - FOREMOST
    told = "contained, replace it when the customer is ready" if is_contained else f"seen by {leak.source}"
    return {
        **_item(
            at,
            now,
            icon="fire",
            text=f"Secret {leak.leaked} leaked",
            note=f"{whose}, {told}",
            act="See leak",
            href=reverse("keys:leak", args=[leak.uid]),
        ),
        "when": words.ago_text(leak.reported_at),
    }


def _ending_overlaps(secrets: Any, now: datetime) -> Iterable[Due]:
    running = secrets.filter(state="overlap", overlap_until__gt=now, key__state="active")
    for secret in running.select_related("key__organization", "use")[:MOST]:
        use = getattr(secret, "use", None)
        used = f"last used {words.ago_text(use.last_used_at)}" if use else "not used yet"
        yield _item(
            secret.overlap_until,
            now,
            icon="arrow-path",
            text=f"Old secret of {secret.key} ends",
            note=f"{secret.key.organization}, {used}",
            act="See key",
            href=reverse("keys:rotation", args=[secret.key.uid]),
        )


def _expiring_keys(keys: Any, now: datetime) -> Iterable[Due]:
    expiring = keys.filter(expires_at__lte=now + SOON, expires_at__gt=now, state="active")
    for key in expiring.order_by("expires_at").select_related("organization")[:MOST]:
        yield _item(
            key.expires_at,
            now,
            icon="key",
            text=f"Key {key} expires",
            note=f"{key.organization}, {key.get_environment_display().lower()}",
            act="See key",
            href=reverse("keys:detail", args=[key.uid]),
        )


def _due_rotations(keys: Any, now: datetime) -> Iterable[Due]:
    for key in keys.due_for_rotation(by=now + DUE_SOON).select_related("organization")[:MOST]:
        late = "was due" if key.rotation_due <= now else "is due"
        yield _item(
            key.rotation_due,
            now,
            icon="arrow-path",
            text=f"Rotation of {key} {late}",
            note=f"{key.organization}, every {key.rotate_every.days} days",
            act="Rotate",
            href=reverse("keys:rotation", args=[key.uid]),
        )


def _links(links: Any, now: datetime) -> Iterable[Due]:
    for link in links.alarmed()[:MOST]:
        yield _item(
            link.alarmed_at,
            now,
            icon="bell-alert",
            text=f"The one-time link of {link.secret.key} was opened again",
            note=f"{link.organization}, after {link.recipient} had the secret; rotate it if you cannot tell by whom",
            act="Look into it",
            href=reverse("keys:links"),
        )
    for link in links.unopened().filter(expires_at__lte=now + TODAY).order_by("expires_at")[:MOST]:
        if link.is_held:
            yield _held(link, now)
            continue
        ended = "ended unopened" if link.expires_at <= now else "ends unopened"
        yield _item(
            link.expires_at,
            now,
            icon="link",
            text=f"The one-time link of {link.secret.key} {ended}",
            note=f"{link.organization}, for {link.recipient}",
            act="See links",
            href=reverse("keys:links"),
        )


def _held(link: DeliveryLink, now: datetime) -> Due:
    return _item(
        link.expires_at,
        now,
        icon="inbox",
        text=f"The new secret of {link.secret.key} waits to be handed over",
        note=f"{link.organization}, for {link.recipient}",
        act="See links",
        href=reverse("keys:links"),
    )


def _holds(request: StaffRequest, now: datetime) -> Iterable[Due]:
    if not request.staff.can(Permission.CAPACITY_RESERVE):
        return
    holds = Reservation.objects.for_user(request.user, Permission.CAPACITY_RESERVE).holds(at=now)
    for hold in holds.order_by("hold_expires_at").select_related("organization", "pool")[:MOST]:
        yield _item(
            hold.hold_expires_at or now,
            now,
            icon="server-stack",
            text=f"Hold of {hold.organization} in {hold.pool} runs out",
            note=str(hold),
            act="See hold",
            href=reverse("orgs:reservation", args=[hold.uid]),
        )


def _mails(notices: Any, now: datetime) -> Iterable[Due]:
    """Mails that contacts did not get: one item while the mail server is away, one for each that it refused."""
    waiting = notices.stuck().order_by("created_at").first()
    if waiting is not None:
        count = notices.stuck().count()
        text = f"{count} mail{'s' if count > 1 else ''} to contacts cannot be sent"
        yield _mail(waiting, now, text=text, note=f"tried again by itself: {waiting.last_error}")
    for notice in notices.failed().filter(created_at__gt=now - TOLD_OF).order_by("-created_at")[:MOST]:
        yield _mail(
            notice, now, text=f"A mail to {notice.email} failed", note=f"{notice.organization}: {notice.subject}"
        )


def _mail(notice: Notice, now: datetime, *, text: str, note: str) -> Due:
    href = reverse("orgs:contacts", args=[notice.organization.uid])
    return _item(notice.created_at, now, icon="envelope", text=text, note=note, act="See contacts", href=href)


def _drafts(organizations: Any, now: datetime) -> Iterable[Due]:
    forgotten = organizations.filter(status="draft", created_at__lte=now - FORGOTTEN)
    for organization in forgotten.order_by("created_at")[:MOST]:
        yield _item(
            organization.created_at,
            now,
            icon="pencil-square",
            text=f"{organization} is still a draft",
            note=f"made {words.ago_text(organization.created_at)}, it can hold no key",
            act="Open",
            href=reverse("orgs:detail", args=[organization.uid]),
        )
