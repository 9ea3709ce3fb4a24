"""Files of usage that people asked for, and the steps of an allowance of which people were told once."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import metering.identifiers
from audit.guards import protect

ASKED = [
    "uid", "owner_id", "title", "what", "format", "query", "organization_id", "organizations", "as_of", "event",
    "created_at",
]  # fmt: skip
ORGANIZATION_OF = (
    "SELECT o.uid FROM metering_billingperiod p JOIN orgs_organization o ON o.id = p.organization_id"
    " WHERE p.id = ($1->>'period_id')::bigint"
)


class Migration(migrations.Migration):
    dependencies = [
        ("metering", "0007_statements"),
        ("audit", "0006_jobs_guard"),
        ("orgs", "0014_billing_role"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "uid",
                    models.CharField(
                        default=metering.identifiers.export_uid, editable=False, max_length=24, unique=True
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "what",
                    models.CharField(
                        choices=[("table", "The table"), ("generations", "Every generation")], max_length=12
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("ndjson", "NDJSON"), ("xlsx", "Excel workbook")], max_length=8
                    ),
                ),
                ("query", models.CharField(blank=True, max_length=4000)),
                (
                    "organizations",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("event", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Ready"),
                            ("failed", "Broken off"),
                            ("cancelled", "Stopped"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("sentence", models.CharField(blank=True, max_length=500)),
                ("expected", models.PositiveBigIntegerField(null=True)),
                ("rows", models.PositiveBigIntegerField(default=0)),
                ("bytes", models.PositiveBigIntegerField(default=0)),
                ("chunks", models.PositiveIntegerField(default=0)),
                ("position", models.UUIDField(null=True)),
                ("writer", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("lease", models.UUIDField(null=True)),
                ("heartbeat", models.DateTimeField(null=True)),
                ("claims", models.PositiveSmallIntegerField(default=0)),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="orgs.organization",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exports", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ExportChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveIntegerField()),
                ("starts", models.PositiveBigIntegerField()),
                ("data", models.BinaryField()),
                (
                    "export",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pieces",
                        to="metering.export",
                    ),
                ),
            ],
            options={
                "ordering": ["export_id", "seq"],
            },
        ),
        migrations.CreateModel(
            name="UsageAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("included", "Included generations"), ("minimum", "Minimum commitment")], max_length=8
                    ),
                ),
                ("threshold", models.PositiveSmallIntegerField()),
                ("used", models.DecimalField(decimal_places=4, max_digits=18)),
                ("whole", models.DecimalField(decimal_places=4, max_digits=18)),
                ("reached_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="metering.billingperiod"
                    ),
                ),
            ],
            options={
                "ordering": ["period_id", "kind", "threshold"],
            },
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["owner", "-created_at"], name="exports_of_a_person"),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])), fields=["created_at"], name="exports_going"
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["expires_at"], name="exports_by_end"),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("expires_at", None), ("finished_at", None), ("state__in", ["queued", "running"])),
                    models.Q(
                        models.Q(("state__in", ["queued", "running"]), _negated=True),
                        ("expires_at__isnull", False),
                        ("finished_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="an_ended_export_says_when_and_until_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="exportchunk",
            constraint=models.UniqueConstraint(fields=("export", "seq"), name="one_chunk_per_export_and_place"),
        ),
        migrations.AddConstraint(
            model_name="usagealert",
            constraint=models.UniqueConstraint(fields=("period", "kind", "threshold"), name="each_step_is_told_once"),
        ),
        migrations.AddConstraint(
            model_name="usagealert",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__range", (1, 100))), name="a_step_is_a_percentage"
            ),
        ),
        # What was asked is guarded; how far it has come is not, since that is written with each step.
        protect("metering_export", "SELECT $1->>'uid'", columns=ASKED),
        protect("metering_usagealert", ORGANIZATION_OF),
    ]
