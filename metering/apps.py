from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MeteringConfig(AppConfig):
    name = "metering"
    verbose_name = "Usage"

    def ready(self) -> None:
        from audit import jobs
        from keys.limits import durations
        from metering import actions, closing_bulk, lengths, reject_bulk
        from metering.columns import COLUMNS
        from orgs import attachments, columns, openings

        for closing_act in closing_bulk.ACTS.values():
            jobs.register(closing_act.kind, closing_act.work)
        durations.register(lengths.lately)
        openings.on_creation(actions.open_default_contract)
        for column in COLUMNS:
            columns.register(column)
        for act in (reject_bulk.RETRY, reject_bulk.DISMISS):
            jobs.register(act.kind, act.work)
        attachments.register("statement", _statement_file)
        # Every start migrates, so every start has the ledger's months, also where the sweep has slept for long.
        post_migrate.connect(_ensure_partitions, sender=self)


def _statement_file(uid: str) -> Any:
    # What draws PDFs is only loaded where one is made, never by a gateway.
    from metering import statement_files

    return statement_files.attached(uid)


def _ensure_partitions(**kwargs: Any) -> None:
    from django.utils import timezone

    from metering import partitions

    # Somebody may have migrated back to before there was a ledger.
    if partitions.are_there():
        partitions.ensure(now=timezone.now())
