import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import trail, wording
from keys import actions, import_lines, lifetimes
from keys.import_lines import BadFile, BadLine, Line
from orgs.commands import OneLineCommand, acting, in_words
from orgs.models import Organization


class Command(OneLineCommand):
    help = (
        "Take over credentials made elsewhere, by their SHA-256: a file of CSV or JSON lines, with a result for each."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="- for stdin")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
        parser.add_argument("--reason", default="")
        parser.add_argument("--ticket", default="")

    def handle(self, *args: Any, file: str, dry_run: bool, reason: str, ticket: str, **options: Any) -> None:
        results: Counter[str] = Counter()
        importing = _Importing(dry_run=dry_run, why={"reason": reason, "ticket": ticket})
        try:
            with _opened(file) as lines:
                for number, line in import_lines.read(lines):
                    result, said = importing.result(line)
                    results[result] += 1
                    self.stdout.write(f"line {number}: {said}")
        except (BadFile, OSError, UnicodeDecodeError) as error:
            raise CommandError(_about_file(error)) from error
        made = f"{results['imported']} {'would be ' if dry_run else ''}imported, {results['known']} already"
        if results["refused"]:
            raise CommandError(f"{made}, {results['refused']} refused.")
        self.stdout.write(f"{made}.")


class _Importing:
    """One run: each good line is a transaction of its own, which a dry run rolls back."""

    def __init__(self, *, dry_run: bool, why: dict[str, str]) -> None:
        self.dry_run, self.why, self.actor = dry_run, why, acting()
        self.seen: set[bytes] = set()

    def result(self, line: Line | BadLine) -> tuple[str, str]:
        """Return imported, known or refused, and a sentence that repeats nothing of the line."""
        if isinstance(line, BadLine):
            return "refused", f"refused: {_named(line.problems.items())}"
        try:
            return self._imported(line)
        except ValidationError as error:
            return "refused", f"refused: {in_words(error)}"
        except trail.EntryRefused as error:
            return "refused", f"refused: {error.field}: {error.message}"
        except IntegrityError:
            return "refused", "refused: somebody changed this at the same moment; run it again"

    def _imported(self, line: Line) -> tuple[str, str]:
        if line.digest in self.seen and self.dry_run:
            return "known", "imported already, by a line above"
        with transaction.atomic():
            key, is_new = actions.import_key(actor=self.actor, **self._arguments(line))
            if self.dry_run:
                transaction.set_rollback(True)
        self.seen.add(line.digest)
        if not is_new:
            return "known", f"imported already as {key.uid}"
        return "imported", "would be imported" if self.dry_run else f"imported as {key.uid}"

    def _arguments(self, line: Line) -> dict[str, Any]:
        rows = Organization.objects.named(line.organization).select_related("plan_version__plan")
        organization = rows.first()
        if organization is None:
            raise ValidationError({"organization": "There is none with this id or slug."})
        usual = lifetimes.default_expiry(organization.plan_version, now=timezone.now())
        kept = ("digest", "prefix", "name", "environment", "api_versions", "purpose")
        expires_at = usual if line.expires_at == "" else line.expires_at
        told = {name: getattr(line, name) for name in kept}
        return {"organization": organization, "expires_at": expires_at, **told, **self.why}


@contextmanager
def _opened(file: str) -> Iterator[Iterable[str]]:
    if file == "-":
        yield import_lines.bounded(sys.stdin)
        return
    with Path(file).open(encoding="utf-8-sig", newline="") as lines:
        yield import_lines.bounded(lines)


def _about_file(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "The file is not UTF-8."
    return (
        wording.neutral(error.strerror or "The file cannot be read.", 200) if isinstance(error, OSError) else str(error)
    )


def _named(problems: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{field}: {said}" if field else said for field, said in problems)
