from typing import Any

from django.core.management.base import CommandParser

from keys import actions
from keys.gateways import GatewayCredential, Scope
from orgs.commands import OneLineCommand, acting, refusals_as_errors


class Command(OneLineCommand):
    help = "Make a gateway credential. The last line is the credential, which is stored nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        environments = GatewayCredential.Environment
        parser.add_argument("name")
        parser.add_argument("--environment", default=environments.PRODUCTION, choices=environments.values)
        parser.add_argument("--scope", action="append", dest="scopes", choices=Scope.values, help="repeatable")

    @refusals_as_errors
    def handle(self, *args: Any, name: str, environment: str, scopes: list[str] | None, **options: Any) -> None:
        credential, text = actions.create_gateway(actor=acting(), name=name, environment=environment, scopes=scopes)
        self.stderr.write(f"Gateway credential {credential} ({credential.environment}):")
        self.stdout.write(text)
