"""How an export ends."""

from datetime import timedelta

from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from metering.models import Export

KEPT = timedelta(days=7)


def finish(export: Export, state: str, sentence: str = "") -> None:
    """Note the end of an export whose row is locked; of one that is not whole nothing is kept."""
    now = timezone.now()
    export.state, export.sentence, export.lease = state, sentence, None
    export.finished_at, export.expires_at = now, now + KEPT
    if state != Export.State.DONE:
        export.pieces.all().delete()
    export.save(update_fields=["state", "sentence", "lease", "finished_at", "expires_at"])
    if state != Export.State.CANCELLED:
        detail: dict[str, str | int] = {"rows": export.rows, "state": export.get_state_display().lower()}
        trail.record(Verb.EXPORT_FINISHED, actor=trail.SYSTEM, target=export.target, detail=detail, parent=export.event)
