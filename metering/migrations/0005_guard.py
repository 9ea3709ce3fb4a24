"""No change to a contract or a billing period commits without its audit event, and neither is ever deleted."""

from django.db import migrations

from audit.guards import protect, revoke

ORGANIZATION_OF = "SELECT uid FROM orgs_organization WHERE id = ($1->>'organization_id')::bigint"


class Migration(migrations.Migration):
    dependencies = [("metering", "0004_rollups"), ("audit", "0003_guard")]
    operations = [
        protect("metering_contract", ORGANIZATION_OF),
        protect("metering_billingperiod", ORGANIZATION_OF),
        # The ledger names periods without a foreign key.
        revoke("DELETE, TRUNCATE", ["metering_contract", "metering_billingperiod"]),
    ]
