"""The ledger: one row a generation, partitioned by the time in its id, and what was not counted."""

import django.db.models.deletion
from django.db import migrations, models

# Wide columns first, so that none is padded. The index is for opening the generations behind a number.
TABLE = """
CREATE TABLE metering_generation (
    generation_id uuid PRIMARY KEY,
    organization_id bigint NOT NULL,
    key_id bigint NOT NULL,
    period_id bigint,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    units integer NOT NULL CHECK (units > 0),
    duration_ms integer CHECK (duration_ms >= 0),
    late boolean NOT NULL,
    environment varchar(8) NOT NULL,
    api_version varchar(8) NOT NULL,
    outcome varchar(12) NOT NULL,
    fingerprint bytea NOT NULL,
    resolution varchar(16) NOT NULL,
    aspect_ratio varchar(16) NOT NULL,
    service_tier varchar(12) NOT NULL,
    failure_cause varchar(12) NOT NULL,
    source varchar(64) NOT NULL,
    request_id varchar(128) NOT NULL,
    idempotency_key varchar(255) NOT NULL,
    stages jsonb
) PARTITION BY RANGE (generation_id);
CREATE INDEX generations_of_an_organization ON metering_generation (organization_id, generation_id);
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0001_contracts")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Generation",
                    fields=[
                        ("generation_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("occurred_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField()),
                        ("units", models.IntegerField()),
                        ("duration_ms", models.IntegerField(null=True)),
                        ("late", models.BooleanField(default=False)),
                        ("environment", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=8)),
                        ("api_version", models.CharField(choices=[("v1", "v1"), ("v2", "v2")], max_length=8)),
                        (
                            "outcome",
                            models.CharField(choices=[("succeeded", "Succeeded"), ("failed", "Failed")], max_length=12),
                        ),
                        ("fingerprint", models.BinaryField()),
                        ("resolution", models.CharField(max_length=16)),
                        ("aspect_ratio", models.CharField(max_length=16)),
                        (
                            "service_tier",
                            models.CharField(
                                choices=[
                                    ("dedicated", "Dedicated"),
                                    ("shared", "Shared"),
                                    ("overage", "Overage"),
                                    ("pilot", "Pilot"),
                                    ("sandbox", "Sandbox"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "failure_cause",
                            models.CharField(
                                choices=[
                                    ("engine", "Engine"),
                                    ("timeout", "Time-out"),
                                    ("content", "Content"),
                                    ("client", "Client"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("source", models.CharField(max_length=64)),
                        ("request_id", models.CharField(max_length=128)),
                        ("idempotency_key", models.CharField(max_length=255)),
                        ("stages", models.JSONField(null=True)),
                        (
                            "key",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="keys.apikey",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orgs.organization",
                            ),
                        ),
                        (
                            "period",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="metering.billingperiod",
                            ),
                        ),
                    ],
                ),
                migrations.AddIndex(
                    model_name="generation",
                    index=models.Index(fields=["organization", "generation_id"], name="generations_of_an_organization"),
                ),
            ],
            database_operations=[migrations.RunSQL(TABLE, "DROP TABLE metering_generation;")],
        ),
        migrations.CreateModel(
            name="RejectedGeneration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(choices=[("rejected", "Rejected"), ("conflict", "Conflict")], max_length=8),
                ),
                ("code", models.CharField(max_length=32)),
                ("fields", models.JSONField(default=list)),
                ("generation_id", models.CharField(blank=True, max_length=64)),
                ("source", models.CharField(max_length=64)),
                ("gateway", models.CharField(max_length=120)),
                ("raw", models.TextField()),
                ("fingerprint", models.BinaryField(unique=True)),
                ("seen", models.PositiveBigIntegerField(default=1)),
                ("received_at", models.DateTimeField()),
                ("last_received_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orgs.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["-received_at", "-id"],
            },
        ),
    ]
