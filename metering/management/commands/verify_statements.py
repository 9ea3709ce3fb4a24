"""Verifies what was issued."""

from typing import Any

from django.core.management.base import CommandError

from metering import verification
from orgs.commands import OneLineCommand


class Command(OneLineCommand):
    help = (
        "Check every statement and credit note: its bytes against its hash, the chain of its organization without gaps,"
        " its lines against its total, and its rows against the document. Exits with 1 where one is broken, and names"
        " it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        seen, broken = verification.verify()
        for one in broken:
            self.stderr.write(str(one))
        if broken:
            count = len({one.number for one in broken})
            raise CommandError(f"{count:,} of {seen:,} documents {'is' if count == 1 else 'are'} broken.")
        said = "1 document is as it was" if seen == 1 else f"{seen:,} documents are as they were"
        self.stdout.write(f"{said} issued.")
