from typing import Any

from django.core.management.base import CommandParser

from keys import actions
from keys.commands import named_key
from keys.models import ApiKey
from orgs import changes
from orgs.commands import OneLineCommand, acting, refusals_as_errors


class Command(OneLineCommand):
    help = "Revoke the key that owns this public id. The last line is the key's id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("public_id", help="the 12 characters in the middle of the credential, or the key's id")
        parser.add_argument("--reason", required=True, choices=ApiKey.RevokeCode.values)
        parser.add_argument("--note", default="", help="what happened, in a sentence")
        parser.add_argument("--ticket", default="")

    @refusals_as_errors
    def handle(self, *args: Any, public_id: str, reason: str, note: str, ticket: str, **options: Any) -> None:
        key = named_key(public_id)
        said = note or f"{ApiKey.RevokeCode(reason).label}, from the command line"
        key = actions.revoke_key(key=key, actor=acting(), code=reason, reason=said, ticket=ticket)
        changes.settle(key.organization)
        self.stderr.write(f"{key} of {key.organization} is revoked.")
        self.stdout.write(key.uid)
