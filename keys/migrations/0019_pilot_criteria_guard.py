"""No change to what a pilot has to show commits without its audit event."""

from django.db import migrations

from audit.guards import protect

ORGANIZATION_OF = (
    "SELECT o.uid FROM keys_pilot p JOIN orgs_organization o ON o.id = p.organization_id"
    " WHERE p.id = ($1->>'pilot_id')::bigint"
)


class Migration(migrations.Migration):
    dependencies = [("keys", "0018_pilots_have_criteria")]
    operations = [protect("keys_pilotcriterion", ORGANIZATION_OF)]
