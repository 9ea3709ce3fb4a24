"""No change to an organization, its contacts, a person, a role or a plan's terms commits without its audit event."""

from django.db import migrations

from audit.guards import protect, revoke

ORGANIZATION_OF = "SELECT uid FROM orgs_organization WHERE id = ($1->>'organization_id')::bigint"
STAFF_OF = "SELECT uid FROM orgs_staff WHERE id = ($1->>'user_id')::bigint"
PLAN_OF = "SELECT code FROM orgs_plan WHERE id = ($1->>'plan_id')::bigint"


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_plans"), ("audit", "0003_guard")]
    operations = [
        protect("orgs_organization", "SELECT $1->>'uid'"),
        protect("orgs_contact", ORGANIZATION_OF),
        protect("orgs_roleassignment", STAFF_OF),
        # Signing in sets last_login, which is an event of its own and changes nothing about the person.
        protect("orgs_staff", "SELECT $1->>'uid'", columns=["uid", "email", "password", "name", "is_active"]),
        protect("orgs_planversion", PLAN_OF),
        # The ledger names organizations without a foreign key, and the trail outlives them: they are closed, not deleted.
        revoke("DELETE, TRUNCATE", ["orgs_organization", "orgs_staff", "orgs_plan", "orgs_planversion", "orgs_change"]),
        # A published plan version never changes: a new one does. Nor does what the feed has told.
        revoke("UPDATE", ["orgs_planversion", "orgs_change"]),
    ]
