from typing import Any

from django.core.management.base import CommandParser

from keys import actions
from keys.commands import named_key
from orgs import changes
from orgs.commands import OneLineCommand, acting, refusals_as_errors


class Command(OneLineCommand):
    help = "Pause the key that owns this public id: its calls are refused until it is resumed. Prints the key's id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("public_id", help="the 12 characters in the middle of the credential, or the key's id")
        parser.add_argument("--reason", required=True, help="why, in a sentence")
        parser.add_argument("--ticket", default="")

    @refusals_as_errors
    def handle(self, *args: Any, public_id: str, reason: str, ticket: str, **options: Any) -> None:
        key = actions.pause_key(key=named_key(public_id), actor=acting(), reason=reason, ticket=ticket)
        changes.settle(key.organization)
        self.stderr.write(f"{key} of {key.organization} is paused.")
        self.stdout.write(key.uid)
