"""What waits for somebody in billing: adjustments that another person asked for, and reports that were not counted."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from metering.models import AdjustmentRequest, RejectedGeneration
from orgs import policy
from orgs.models import Staff
from orgs.policy import Permission

Said = dict[str, str]


def items(person: Staff) -> Iterator[tuple[datetime, Said]]:
    """Yield one thing for all adjustments and one for all rejects, each since when the oldest waits."""
    if policy.can(person, Permission.ADJUSTMENT_DECIDE):
        yield from _adjustments(person)
    if policy.can(person, Permission.REJECT_DECIDE):
        yield from _rejects(person)


def _adjustments(person: Staff) -> Iterator[tuple[datetime, Said]]:
    waiting = AdjustmentRequest.objects.for_user(person, Permission.ADJUSTMENT_DECIDE).waiting().not_of(person)
    oldest = waiting.order_by("requested_at").select_related("organization", "requested_by").first()
    if oldest is None:
        return
    count = waiting.count()
    text = f"{count} adjustments wait for a decision" if count > 1 else "An adjustment waits for a decision"
    note = f"{oldest.requested_by} asked, {oldest.organization}: {oldest.get_kind_display().lower()}"
    yield oldest.requested_at, _said("scale", text, note, "See adjustments", "metering:adjustments")


def _rejects(person: Staff) -> Iterator[tuple[datetime, Said]]:
    unsettled = RejectedGeneration.objects.for_user(person, Permission.REJECT_DECIDE).unsettled()
    oldest = unsettled.order_by("last_received_at").first()
    if oldest is None:
        return
    count = unsettled.count()
    text = f"{count:,} reported generation{' was' if count == 1 else 's were'} not counted"
    note = f"the oldest is {oldest.get_status_display().lower()}: {oldest.code}, by {oldest.source}"
    yield oldest.last_received_at, _said("exclamation-triangle", text, note, "See rejects", "metering:rejects")


def _said(icon: str, text: str, note: str, act: str, view: str) -> Said:
    return {"icon": icon, "text": text, "note": note, "act": act, "href": reverse(view)}
