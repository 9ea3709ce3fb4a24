"""No change to a contract or a billing period commits without its audit event, and neither is ever deleted."""

from django.db import migrations

from audit.guards import protect

ORGANIZATION_OF = "SELECT uid FROM orgs_organization WHERE id = ($1->>'organization_id')::bigint"

# The ledger names periods without a foreign key.
RIGHTS = """
DO $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN SELECT metering_grantees('metering_billingperiod') LOOP
        EXECUTE format('REVOKE DELETE, TRUNCATE ON metering_contract, metering_billingperiod FROM %s', grantee);
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0004_rollups"), ("audit", "0003_guard")]
    operations = [
        protect("metering_contract", ORGANIZATION_OF),
        protect("metering_billingperiod", ORGANIZATION_OF),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
