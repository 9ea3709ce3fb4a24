from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from keys import actions, rotation
from keys.commands import named_key
from orgs import changes
from orgs.commands import OneLineCommand, acting, refusals_as_errors


class Command(OneLineCommand):
    help = "Give a key a new secret. The last line is its credential, which is stored nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="the key's id, or the public id in one of its credentials")
        parser.add_argument(
            "--overlap", default="24h", choices=rotation.OVERLAPS, help="how long the old secret works on (24h)"
        )
        parser.add_argument("--from-first-use", action="store_true", help="count it from the new one's first use")
        parser.add_argument("--reason", default="")
        parser.add_argument("--ticket", default="")

    @refusals_as_errors
    def handle(self, *args: Any, key: str, overlap: str, from_first_use: bool, **options: Any) -> None:
        lasts: timedelta = rotation.OVERLAPS[overlap]
        found, given = named_key(key), {name: options[name] for name in ("reason", "ticket")}
        secret, credential = actions.rotate_key(
            key=found, actor=acting(), overlap=lasts, after_use=from_first_use and bool(lasts), **given
        )
        changes.settle(found.organization)
        _, old, _ = secret.key.standing(at=secret.created_at)
        ends = f"The old secret stops {rotation.stops(old)}." if old else "No old secret works."
        self.stderr.write(f"{found} ({found.uid}) of {found.organization} is rotated. {ends} Its new credential:")
        self.stdout.write(credential)
