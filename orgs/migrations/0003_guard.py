"""No change to an organization, its contacts or a role commits without its audit event."""

from django.db import migrations

from audit.guards import protect

ORGANIZATION_OF = "SELECT uid FROM orgs_organization WHERE id = ($1->>'organization_id')::bigint"
STAFF_OF = "SELECT uid FROM orgs_staff WHERE id = ($1->>'user_id')::bigint"


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_plans"), ("audit", "0003_guard")]
    operations = [
        protect("orgs_organization", "SELECT $1->>'uid'"),
        protect("orgs_contact", ORGANIZATION_OF),
        protect("orgs_roleassignment", STAFF_OF),
        # The ledger names organizations without a foreign key, and the trail outlives them: they are closed, never deleted.
        migrations.RunSQL(
            "REVOKE DELETE ON orgs_organization, orgs_staff, orgs_plan, orgs_planversion, orgs_change FROM axis_app",
            "GRANT DELETE ON orgs_organization, orgs_staff, orgs_plan, orgs_planversion, orgs_change TO axis_app",
        ),
        # A published plan version never changes: a new one does.
        migrations.RunSQL(
            "REVOKE UPDATE ON orgs_planversion, orgs_change FROM axis_app",
            "GRANT UPDATE ON orgs_planversion, orgs_change TO axis_app",
        ),
    ]
