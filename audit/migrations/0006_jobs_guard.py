"""What a job does, and in whose name, is guarded; how far it has come is not, since that is written for each thing."""

from django.db import migrations

from audit.guards import protect, revoke

ASKED = ["kind", "title", "actor", "actor_id", "actor_label", "arguments", "event", "total", "created_at"]
NAMED = [
    "job_id", "position", "target_type", "target_id", "target_label", "organization", "organization_label", "seen",
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_jobs")]
    operations = [
        protect("audit_job", "SELECT $1->>'id'", columns=ASKED),
        protect("audit_jobitem", "SELECT $1->>'job_id'", columns=NAMED),
        revoke("TRUNCATE", ["audit_job", "audit_jobitem"]),
    ]
