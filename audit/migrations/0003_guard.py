"""The function behind `audit.guards.protect`."""

from django.db import migrations

# Which events count stands in axis.audit_event, where record() wrote their ids. Their txid, unlike xmin, is the same
# inside savepoints, and an id left over from another transaction opens nothing.
GUARD = """
CREATE FUNCTION audit_guard_names(query text, changed jsonb) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    found text[];
BEGIN
    EXECUTE format('SELECT array_agg(named.name) FROM (%s) AS named(name) WHERE named.name IS NOT NULL', query)
        INTO found USING changed;
    RETURN coalesce(found, '{}');
END
$$;

CREATE FUNCTION audit_guard_holds(wanted text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM audit_event
        WHERE id = ANY (string_to_array(nullif(current_setting('axis.audit_event', true), ''), ',')::uuid[])
            AND txid = pg_current_xact_id() AND outcome = 'success' AND names && wanted
    )
$$;

CREATE FUNCTION audit_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    before text[];
    after text[];
BEGIN
    IF TG_OP <> 'INSERT' THEN before := audit_guard_names(TG_ARGV[0], to_jsonb(OLD)); END IF;
    IF TG_OP <> 'DELETE' THEN after := audit_guard_names(TG_ARGV[0], to_jsonb(NEW)); END IF;
    IF (TG_OP <> 'DELETE' AND NOT audit_guard_holds(after))
        OR (TG_OP <> 'INSERT' AND before IS DISTINCT FROM after AND NOT audit_guard_holds(before)) THEN
        RAISE EXCEPTION '% of % without an audit event that names it in this transaction', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'AX002', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
"""

REVERSE = """
DROP FUNCTION audit_guard();
DROP FUNCTION audit_guard_holds(text[]);
DROP FUNCTION audit_guard_names(text, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [migrations.RunSQL(GUARD, REVERSE)]
