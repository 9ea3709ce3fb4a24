"""A month of the ledger is made when it is needed, and what is in the ledger stays as it was written."""

from django.db import migrations

# Runs as the owner, because the application may make no tables. So it takes no name from its caller, only a month, and
# only one near enough to be somebody's: 15 months of history, 4 months ahead. Bounds are UTC months as UUIDv7s.
FUNCTION = """
CREATE FUNCTION metering_ensure_month(wanted date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamp := date_trunc('month', wanted::timestamp);
    this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    name text := 'metering_generation_' || to_char(month, 'YYYYMM');
    grantee text;
BEGIN
    IF month IS NULL OR month < this_month - interval '15 months' OR month > this_month + interval '4 months' THEN
        RAISE EXCEPTION 'The ledger has no month %', to_char(month, 'YYYY-MM') USING ERRCODE = 'AX010';
    END IF;
    IF to_regclass(name) IS NOT NULL THEN RETURN NULL; END IF;
    -- Two processes may find the same month missing.
    PERFORM pg_advisory_xact_lock(hashtextextended('metering_ensure_month', 0));
    IF to_regclass(name) IS NOT NULL THEN RETURN NULL; END IF;
    -- Made apart and then attached: that way neither reports nor the gateway wait.
    EXECUTE format('CREATE TABLE %I (LIKE metering_generation INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format(
        'ALTER TABLE metering_generation ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
        metering_first_id(month AT TIME ZONE 'UTC'), metering_first_id((month + interval '1 month') AT TIME ZONE 'UTC')
    );
    -- What refuses a change of a row came with the ledger; what refuses TRUNCATE every table has for itself.
    EXECUTE format(
        'CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION metering_refuse()',
        name
    );
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER ledger_no_truncate', name);
    -- Default privileges reach the new table too. Its rows are written and read through the ledger alone.
    FOR grantee IN SELECT metering_grantees(name::regclass) LOOP
        EXECUTE format('REVOKE ALL ON %I FROM %s', name, grantee);
    END LOOP;
    RETURN name;
END
$$;
"""

HELPERS = """
CREATE FUNCTION metering_first_id(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION metering_grantees(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
    FROM pg_class, aclexplode(relacl) AS acl WHERE pg_class.oid = relation AND acl.grantee <> relowner
$$;
"""

# Refused to the owner too. A month may still be detached and then dropped: its triggers that refuse rows stay behind.
REFUSE = """
CREATE FUNCTION metering_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is append-only: % refused', TG_OP USING ERRCODE = 'AX011';
END
$$;
CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON metering_generation
    FOR EACH ROW EXECUTE FUNCTION metering_refuse();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON metering_generation
    FOR EACH STATEMENT EXECUTE FUNCTION metering_refuse();
ALTER TABLE metering_generation ENABLE ALWAYS TRIGGER ledger_no_change;
ALTER TABLE metering_generation ENABLE ALWAYS TRIGGER ledger_no_truncate;
"""

# The application's login has no fixed name here: whoever is not the owner keeps SELECT and INSERT of what they had.
RIGHTS = """
DO $$
DECLARE
    grantee text;
BEGIN
    REVOKE ALL ON FUNCTION metering_ensure_month(date) FROM PUBLIC;
    FOR grantee IN SELECT metering_grantees('metering_generation') LOOP
        EXECUTE format('REVOKE ALL ON metering_generation FROM %s', grantee);
        IF grantee <> 'PUBLIC' THEN
            EXECUTE format('GRANT SELECT, INSERT ON metering_generation TO %s', grantee);
            EXECUTE format('GRANT EXECUTE ON FUNCTION metering_ensure_month(date) TO %s', grantee);
        END IF;
    END LOOP;
END
$$;
"""

MONTHS = """
SELECT metering_ensure_month((date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n))::date)
FROM generate_series(-3, 3) AS n;
"""

REVERSE = """
DROP FUNCTION metering_ensure_month(date);
DROP FUNCTION metering_grantees(regclass);
DROP FUNCTION metering_first_id(timestamptz);
"""

# With its triggers, those of the months included.
ALLOW = "DROP FUNCTION metering_refuse() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("metering", "0002_ledger")]
    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunSQL(HELPERS + FUNCTION, REVERSE),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.RunSQL(MONTHS, migrations.RunSQL.noop),
    ]
