from typing import Any

from django.core.management.base import CommandError, CommandParser

from keys import actions
from keys.models import ApiKey, KeySecret
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
        key = _found(public_id)
        said = note or f"{ApiKey.RevokeCode(reason).label}, from the command line"
        key = actions.revoke_key(key=key, actor=acting(), code=reason, reason=said, ticket=ticket)
        self.stderr.write(f"{key} of {key.organization} is revoked.")
        self.stdout.write(key.uid)


def _found(public_id: str) -> ApiKey:
    secret = KeySecret.objects.select_related("key__organization").filter(public_id=public_id).first()
    key = secret.key if secret else ApiKey.objects.select_related("organization").filter(uid=public_id).first()
    if key is None:
        raise CommandError(f"There is no key with the public id “{public_id}”.")
    return key
