from typing import Any

from django.core.management.base import CommandParser

from keys import actions
from keys.commands import named_key
from orgs.commands import OneLineCommand, acting, refusals_as_errors


class Command(OneLineCommand):
    help = "Let the paused key that owns this public id work again. Prints the key's id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("public_id", help="the 12 characters in the middle of the credential, or the key's id")
        parser.add_argument("--reason", default="", help="why, in a sentence")
        parser.add_argument("--ticket", default="")

    @refusals_as_errors
    def handle(self, *args: Any, public_id: str, reason: str, ticket: str, **options: Any) -> None:
        key = actions.resume_key(key=named_key(public_id), actor=acting(), reason=reason, ticket=ticket)
        self.stderr.write(f"{key} of {key.organization} works again.")
        self.stdout.write(key.uid)
