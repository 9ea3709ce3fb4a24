"""Exports that a test asks for."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from metering import actions
from metering.exporting import chunks, ending
from metering.models import Export
from orgs.models import Staff
from tests.cast import ACTOR


def an_export(owner: Staff, **fields: Any) -> Export:
    """An export of all generations that nobody has taken up yet."""
    usual: dict[str, Any] = {"title": "Generations", "what": "generations", "format": "csv", "query": "range=30d"}
    return actions.start_export(owner=owner, actor=ACTOR, **{**usual, **fields})


def a_file(owner: Staff, content: bytes = b"Kind\r\n", **fields: Any) -> Export:
    """One that is made, with this in its file."""
    export, now = an_export(owner, **fields), timezone.now()
    export.state, export.rows, export.finished_at, export.expires_at = "done", 1, now, now + ending.KEPT
    chunks.append(export, content)
    export.save(update_fields=["state", "rows", "finished_at", "expires_at", "bytes", "chunks"])
    return export


def an_old_file(owner: Staff) -> Export:
    """One whose time is over."""
    export = a_file(owner)
    Export.objects.filter(pk=export.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return export
