"""The lock between counting an organization's generations and closing its period."""

from collections.abc import Iterable

from django.db import connection

# Advisory locks of one database share one space of numbers; this is the part of the billing fence.
_SPACE = 77 << 48


def share(organizations: Iterable[int]) -> None:
    """Hold off the close of these organizations until the transaction ends; must be its first statement.

    Always in the same order, because a waiting close would otherwise let two batches wait for each other.
    """
    keys = [_SPACE + organization for organization in sorted(set(organizations))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(pg_advisory_xact_lock_shared(key)) FROM unnest(%s::bigint[]) AS key", [keys])


def alone(organization: int) -> None:
    """Wait for the batches that count for this organization, and hold off others until the transaction ends.

    Before any row is locked: a batch may wait for the organization's row while it holds its part of the fence.
    """
    all_alone([organization])


def all_alone(organizations: Iterable[int]) -> None:
    """Do the same for several organizations, in the order in which batches share them: so none waits for another."""
    keys = [_SPACE + organization for organization in sorted(set(organizations))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(pg_advisory_xact_lock(key)) FROM unnest(%s::bigint[]) AS key", [keys])
