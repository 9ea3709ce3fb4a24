from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from orgs import actions, plans
from orgs.commands import OneLineCommand, acting, refusals_as_errors


class Command(OneLineCommand):
    help = "Make an organization that is usable at once. The last line is its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--plan", required=True, help="pilot (30 days from now, no cap), standard or enterprise")
        parser.add_argument("--time-zone", default="UTC")
        parser.add_argument("--slug", default="")

    @refusals_as_errors
    @transaction.atomic
    def handle(self, *args: Any, name: str, plan: str, time_zone: str, slug: str, **options: Any) -> None:
        actor = acting()
        organization = actions.create_organization(
            actor=actor, name=name, plan_version=plans.latest(plan), time_zone=time_zone, slug=slug
        )
        organization = actions.activate_organization(organization=organization, actor=actor)
        self.stderr.write(f"{organization} ({organization.slug}) is {organization.get_status_display().lower()}.")
        self.stdout.write(organization.uid)
