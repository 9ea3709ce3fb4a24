"""Django's migrate, logged in as the owner of the tables."""

from typing import Any

from django.core.management.commands import migrate

from axis_admin import owner


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with owner.as_owner(options["database"]) as connection:
            owner.prepare(connection)
            super().handle(*args, **options)
