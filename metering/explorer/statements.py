"""How the explorer's large statements are asked: planned for what they are asked with, and kept in memory."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

# A statement that was prepared is planned without its values after a while, and a day and a year differ a hundredfold:
# that made boards half as slow again. The staff site prepares none, a process that answers everything does. Compiling
# would take longer than running it, and tens of thousands of groups need no disk.
_PREPARE = (
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true),"
    " set_config('jit', 'off', true), set_config('work_mem', '32MB', true)"
)


def fetch(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PREPARE)
        cursor.execute(statement, params)
        return list(cursor.fetchall())
