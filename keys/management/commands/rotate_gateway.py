from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from keys import actions, rotation
from keys.actions.gateway_secrets import LONGEST_OVERLAP
from keys.gateways import GatewayCredential
from orgs.commands import OneLineCommand, acting, refusals_as_errors


class Command(OneLineCommand):
    help = "Give a gateway credential a new secret. The last line is the credential, which is stored nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        overlaps = [name for name, overlap in rotation.OVERLAPS.items() if overlap <= LONGEST_OVERLAP]
        parser.add_argument("gateway", help="its name, its id, or the public id of one of its secrets")
        parser.add_argument("--overlap", default="24h", choices=overlaps, help="how long the old secret works on")
        parser.add_argument("--reason", default="")
        parser.add_argument("--ticket", default="")

    @refusals_as_errors
    def handle(self, *args: Any, gateway: str, overlap: str, reason: str, ticket: str, **options: Any) -> None:
        secret, text = actions.rotate_gateway(
            credential=_named(gateway),
            actor=acting(),
            overlap=rotation.OVERLAPS[overlap],
            reason=reason,
            ticket=ticket,
        )
        old = secret.credential.overlap_secret
        until = f"until {old.overlap_until:%Y-%m-%d %H:%M} UTC" if old else "no longer"
        self.stderr.write(f"Gateway credential {secret.credential}; the old secret works {until}:")
        self.stdout.write(text)


def _named(text: str) -> GatewayCredential:
    is_it = Q(name=text, revoked_at=None) | Q(uid=text) | Q(secrets__public_id=text)
    found = GatewayCredential.objects.filter(is_it).distinct().first()
    if found is None:
        raise CommandError(f"There is no gateway credential “{text}”.")
    return found
