"""No change to a contract or a billing period commits without its audit event, and nothing here is ever deleted."""

from django.db import migrations

from audit.guards import protect, revoke

ORGANIZATION_OF = "SELECT uid FROM orgs_organization WHERE id = ($1->>'organization_id')::bigint"

# Numbers grow, and what was rejected is seen again; every other column stays as it was written.
GROWING = """
DO $$
DECLARE
    growing record;
    grantee text;
BEGIN
    FOR growing IN
        VALUES ('metering_usagehour', 'generations, units'),
            ('metering_usageday', 'generations, units'),
            ('metering_rejectedgeneration', 'seen, last_received_at')
    LOOP
        FOR grantee IN SELECT metering_grantees(growing.column1::regclass) LOOP
            EXECUTE format('REVOKE ALL ON %I FROM %s', growing.column1, grantee);
            IF grantee <> 'PUBLIC' THEN
                EXECUTE format(
                    'GRANT SELECT, INSERT, UPDATE (%s) ON %I TO %s', growing.column2, growing.column1, grantee
                );
            END IF;
        END LOOP;
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0004_rollups"), ("audit", "0003_guard")]
    operations = [
        protect("metering_contract", ORGANIZATION_OF),
        protect("metering_billingperiod", ORGANIZATION_OF),
        # The ledger names periods without a foreign key.
        revoke("DELETE, TRUNCATE", ["metering_contract", "metering_billingperiod"]),
        migrations.RunSQL(GROWING, migrations.RunSQL.noop),
    ]
