"""For other apps' migrations: no change to a table commits without an event that names it."""

from collections.abc import Sequence

from django.db import migrations

GUARD = "audited"


# Logins have no fixed names here: every one but the owner loses the right, except PUBLIC, which never had it.
_REVOKE = """
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT pg_class.oid::regclass AS relation, quote_ident(pg_get_userbyid(acl.grantee)) AS grantee
        FROM pg_class, aclexplode(relacl) AS acl
        WHERE pg_class.oid = ANY (ARRAY[{tables}]::regclass[]) AND acl.grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('REVOKE {rights} ON %s FROM %s', granted.relation, granted.grantee);
    END LOOP;
END
$$;
"""


def revoke(rights: str, tables: Sequence[str]) -> migrations.RunSQL:
    """Take rights on `tables` from every login but their owner, for good: `revoke("DELETE", ["orgs_organization"])`."""
    names = ", ".join(f"'{table}'" for table in tables)
    return migrations.RunSQL(_REVOKE.format(tables=names, rights=rights), migrations.RunSQL.noop)


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
