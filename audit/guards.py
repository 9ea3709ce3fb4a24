"""For other apps' migrations: no change to a table commits without an event that names it."""

from collections.abc import Sequence

from django.db import migrations

GUARD = "audited"


def protect(table: str, names: str, *, columns: Sequence[str] = ()) -> migrations.RunSQL:
    """Guard `table`: a change commits only with an event of its transaction that names one of the row's ids.

    `names` is SQL that gets the row as $1 jsonb and yields text, one id a row. With `columns`, an update is guarded
    where it sets one of them. Work on many rows records one event with `further` targets. The migration depends on
    ("audit", "0003_guard"), and rows that it writes itself belong into a migration before it.
    """
    update = f"UPDATE OF {', '.join(columns)}" if columns else "UPDATE"
    argument = names.replace("'", "''")
    return migrations.RunSQL(
        sql=f"CREATE CONSTRAINT TRIGGER {GUARD} AFTER INSERT OR {update} OR DELETE ON {table}"
        f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_guard('{argument}');"
        f" ALTER TABLE {table} ENABLE ALWAYS TRIGGER {GUARD};",
        reverse_sql=f"DROP TRIGGER {GUARD} ON {table};",
    )
