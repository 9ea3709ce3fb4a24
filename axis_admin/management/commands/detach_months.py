"""Takes old months out of the ledger."""

from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from audit import plurals, trail
from audit.verbs import Verb
from axis_admin import owner
from metering import archiving
from metering.archiving import Month
from orgs.commands import OneLineCommand, acting


class Command(OneLineCommand):
    help = (
        "Detach the months of the ledger before one whose billing periods are all final and which no gateway can send"
        " again, as the owner of the tables. Where one has to stay it is named with its reason, and none is detached."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", metavar="YYYY-MM", required=True, help="The first month that stays.")
        parser.add_argument("--check", action="store_true", help="Say what would be done, and do nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = archiving.months(_month(options["before"]), now=timezone.now())
        staying = [month for month in found if month.reasons]
        for month in found:
            self.stderr.write(f"{month.name}: {'; '.join(month.reasons) or 'may go'}")
        if staying:
            raise CommandError(f"{staying[0].name} has to stay: {staying[0].reasons[0]}. Nothing was changed.")
        if not options["check"]:
            self._detach(found)
        verb = "would be detached" if options["check"] else "detached"
        self.stdout.write(f"{plurals.counted(len(found), 'month')} {verb}.")

    def _detach(self, months: list[Month]) -> None:
        for month in months:
            with owner.as_owner() as connection:
                archiving.detach(month, connection)
            with transaction.atomic():
                target = trail.Target("month", month.name, month.name)
                trail.record(Verb.USAGE_ARCHIVED, actor=acting(), target=target, detail={"table": month.table})


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 (a month, and no time)
    except ValueError as error:
        raise CommandError(f"“{text}” is no month: write it as 2026-11.") from error
