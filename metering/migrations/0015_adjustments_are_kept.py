"""What was asked and what was decided stays as it is, and nothing of it commits without its audit event."""

from django.db import migrations

from audit.guards import protect

# What was asked never changes, and a decision is taken once. A void learns its period as it is approved.
KEEP = """
CREATE FUNCTION metering_keep_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a request for an adjustment is never removed' USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state <> 'proposed' THEN
        RAISE EXCEPTION 'request % is decided: it stays as it is', OLD.uid
            USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.uid, NEW.organization_id, NEW.kind, NEW.generation_id, NEW.text, NEW.amount, NEW.currency, NEW.reason,
            NEW.ticket, NEW.requested_by_id, NEW.requested_at)
        IS DISTINCT FROM (OLD.uid, OLD.organization_id, OLD.kind, OLD.generation_id, OLD.text, OLD.amount, OLD.currency,
            OLD.reason, OLD.ticket, OLD.requested_by_id, OLD.requested_at)
        OR OLD.kind <> 'void' AND (NEW.period_id, NEW.original_period_id)
            IS DISTINCT FROM (OLD.period_id, OLD.original_period_id)
    THEN
        RAISE EXCEPTION 'request %: what was asked stays as it is', OLD.uid
            USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER request_is_kept BEFORE UPDATE OR DELETE ON metering_adjustmentrequest
    FOR EACH ROW EXECUTE FUNCTION metering_keep_request();
ALTER TABLE metering_adjustmentrequest ENABLE ALWAYS TRIGGER request_is_kept;

CREATE FUNCTION metering_keep_adjustment() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Adjustments are append-only: % refused', TG_OP USING ERRCODE = 'AX014', TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER adjustment_no_change BEFORE UPDATE OR DELETE ON metering_adjustment
    FOR EACH ROW EXECUTE FUNCTION metering_keep_adjustment();
CREATE TRIGGER adjustment_no_truncate BEFORE TRUNCATE ON metering_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION metering_keep_adjustment();
ALTER TABLE metering_adjustment ENABLE ALWAYS TRIGGER adjustment_no_change;
ALTER TABLE metering_adjustment ENABLE ALWAYS TRIGGER adjustment_no_truncate;

-- Rejects are kept and counted without an event; settling one leaves it.
CREATE CONSTRAINT TRIGGER audited AFTER UPDATE OF resolution ON metering_rejectedgeneration
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION audit_guard('SELECT ''reject/'' || ($1->>''id'')');
ALTER TABLE metering_rejectedgeneration ENABLE ALWAYS TRIGGER audited;
"""

LET_GO = """
DROP TRIGGER audited ON metering_rejectedgeneration;
DROP FUNCTION metering_keep_request() CASCADE;
DROP FUNCTION metering_keep_adjustment() CASCADE;
"""

# The application writes nothing else here, and deletes nothing.
RIGHTS = """
DO $$
DECLARE
    kept record;
    grantee text;
BEGIN
    FOR kept IN
        VALUES ('metering_adjustmentrequest', 'SELECT, INSERT, UPDATE (period_id, original_period_id, state,'
                || ' decided_by_id, decided_at, decision_reason)'),
            ('metering_adjustment', 'SELECT, INSERT'),
            ('metering_controltotal', 'SELECT, INSERT, UPDATE (succeeded, gateway, received_at)'),
            ('metering_sourcecompletion', 'SELECT, INSERT, UPDATE (complete_through, gateway, seen_at)'),
            ('metering_rejectedgeneration', 'SELECT, INSERT, UPDATE (seen, last_received_at, resolution, resolved_by,'
                || ' resolved_at, resolved_reason)')
    LOOP
        FOR grantee IN SELECT metering_grantees(kept.column1::regclass) LOOP
            EXECUTE format('REVOKE ALL ON %I FROM %s', kept.column1, grantee);
            IF grantee <> 'PUBLIC' THEN
                EXECUTE format('GRANT %s ON %I TO %s', kept.column2, kept.column1, grantee);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
"""

REQUEST = "SELECT $1->>'uid'"
REQUEST_OF = "SELECT uid FROM metering_adjustmentrequest WHERE id = ($1->>'request_id')::bigint"


class Migration(migrations.Migration):
    dependencies = [("metering", "0014_control_totals"), ("audit", "0003_guard")]
    operations = [
        migrations.RunSQL(KEEP, LET_GO),
        protect("metering_adjustmentrequest", REQUEST),
        protect("metering_adjustment", REQUEST_OF),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
