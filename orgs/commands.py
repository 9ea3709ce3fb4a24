"""What management commands share: who acts, which organization is meant, and how a refusal is said."""

import getpass
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import trail
from orgs.models import Organization


class OneLineCommand(BaseCommand):
    """A command that says what is wrong with its arguments in one line on stderr, and ends with status 1."""

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **options)

        def refuse(message: str) -> NoReturn:
            if not parser.called_from_command_line:
                raise CommandError(message)
            parser.exit(1, f"{subcommand}: {message}\n")

        parser.error = refuse  # type: ignore[method-assign]
        return parser


def acting() -> trail.Actor:
    """Return the actor of a command: the login of whoever runs it, where the system knows one."""
    try:
        return trail.cli(getpass.getuser())
    except (KeyError, OSError):
        return trail.cli()


def named_organization(id_or_slug: str) -> Organization:
    """Return the organization with this id or slug; raises CommandError where there is none."""
    found = Organization.objects.named(id_or_slug).select_related("plan_version__plan").first()
    if found is None:
        raise CommandError(f"There is no organization with the id or slug “{id_or_slug}”.")
    return found


def refusals_as_errors(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Say what an action refused in one line on stderr, with exit status 1; nothing is changed then."""

    @wraps(handle)
    def handled(*args: Any, **options: Any) -> Any:
        try:
            return handle(*args, **options)
        except ValidationError as error:
            raise CommandError(in_words(error)) from error
        except trail.EntryRefused as error:
            raise CommandError(f"{error.field}: {error.message}") from error

    return handled


def in_words(error: ValidationError) -> str:
    """Say what was refused in one line, each field by its name."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    texts = error.message_dict.items()
    named = [" ".join(said) if field == "__all__" else f"{field}: {' '.join(said)}" for field, said in texts]
    return "; ".join(named)
