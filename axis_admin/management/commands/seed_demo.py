from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from audit import trail
from axis_admin.demo_data import seeding
from orgs.commands import OneLineCommand, refusals_as_errors
from orgs.models import Organization


class Command(OneLineCommand):
    help = "Fill an empty database with invented organizations, keys and 13 months of generations."

    @refusals_as_errors
    def handle(self, *args: Any, **options: Any) -> None:
        if Organization.objects.exists():
            raise CommandError("This database has organizations. Demo data is only made where there are none.")
        made = seeding.seed(actor=trail.SYSTEM, now=timezone.now())
        self.stderr.write(f"{made.organizations} organizations, {made.keys} keys, {made.generations} generations.")
