"""Asking for an export, stopping one, and removing those whose time is over."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail, uuid7, wording
from audit.verbs import Verb
from metering.exporting import ending, scopes
from metering.models import Export
from orgs.models import Organization, Staff

# So many of one person wait or run at once.
MOST_AT_ONCE = 5
LONGEST_TITLE, LONGEST_QUERY = 200, 4_000


@transaction.atomic
def start_export(
    *,
    owner: Staff,
    actor: trail.Actor,
    title: str,
    what: str,
    format: str,
    query: str,
    organization: Organization | None = None,
) -> Export:
    """Put down what is to be exported, in the scope that its owner has now; the caller has it made once committed.

    `query` is the filter as the address of a usage page has it. Raises ValidationError where MOST_AT_ONCE are
    going, and for a filter that nobody could keep.
    """
    if len(query) > LONGEST_QUERY:
        raise ValidationError("The filter names too many things. Take some out.")
    # Two at once would both count one too few.
    Staff.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if Export.objects.of(owner).going().count() >= MOST_AT_ONCE:
        raise ValidationError(f"{MOST_AT_ONCE} of your exports are being made. Wait for one, or stop one.")
    export = Export(
        owner=owner,
        title=wording.neutral(wording.one_line(title), LONGEST_TITLE),
        what=what,
        format=format,
        query=query,
        organization=organization,
        organizations=scopes.of(owner, organization),
        as_of=timezone.now(),
        event=uuid7.make(),
    )
    detail: dict[str, str | int] = {"what": export.what, "format": export.format, "filter": export.query}
    of = organization.target if organization else None
    event = trail.record(Verb.EXPORT_STARTED, actor=actor, target=export.target, organization=of, detail=detail)
    export.event = event.id
    export.save(force_insert=True)
    return export


@transaction.atomic
def cancel_export(*, export: Export, actor: trail.Actor) -> Export:
    """Stop an export; nothing of its file is kept. ValidationError where it has ended already."""
    export = Export.objects.select_for_update().get(pk=export.pk)
    if not export.is_going:
        raise ValidationError(f"“{export}” has ended already.")
    ending.finish(export, Export.State.CANCELLED)
    trail.record(
        Verb.EXPORT_CANCELLED, actor=actor, target=export.target, detail={"rows": export.rows}, parent=export.event
    )
    return export


@transaction.atomic
def remove_export(*, export: Export, actor: trail.Actor) -> None:
    """Remove an export with its file before its time. ValidationError while it is being made."""
    export = Export.objects.select_for_update().get(pk=export.pk)
    if export.is_going:
        raise ValidationError(f"“{export}” is being made: stop it first.")
    _remove(export, actor=actor)


@transaction.atomic
def record_download(*, export: Export, actor: trail.Actor) -> None:
    """Record that the file left the house."""
    of = export.organization.target if export.organization else None
    detail: dict[str, str | int] = {"rows": export.rows, "format": export.format, "bytes": export.bytes}
    trail.record(Verb.USAGE_EXPORTED, actor=actor, target=export.target, organization=of, detail=detail)


@transaction.atomic
def forget_exports(*, actor: trail.Actor, now: datetime) -> int:
    """Remove the exports whose time is over, twenty at most; how many. What was done with them stays in the trail."""
    rows = Export.objects.filter(expires_at__lte=now).order_by("expires_at")
    old = list(rows.select_for_update(skip_locked=True)[:20])
    for export in old:
        _remove(export, actor=actor)
    return len(old)


def _remove(export: Export, *, actor: trail.Actor) -> None:
    detail: dict[str, str | int] = {"rows": export.rows, "state": export.get_state_display().lower()}
    trail.record(Verb.EXPORT_REMOVED, actor=actor, target=export.target, detail=detail)
    export.delete()
