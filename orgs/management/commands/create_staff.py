from typing import Any

from django.core.management.base import CommandParser

from orgs import actions
from orgs.commands import OneLineCommand, acting, refusals_as_errors
from orgs.policy import Role


class Command(OneLineCommand):
    help = "Make a staff member. The last line is a one-time password, which is stored nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--name", default="")

    @refusals_as_errors
    def handle(self, *args: Any, email: str, role: str, name: str, **options: Any) -> None:
        person, password = actions.create_staff(actor=acting(), email=email, role=role, name=name)
        self.stderr.write(f"{person} may sign in as {Role(role).label.lower()} with this password:")
        self.stdout.write(password)
