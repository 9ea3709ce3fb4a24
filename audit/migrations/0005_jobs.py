"""Long work, and each thing that it is about."""

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models

import audit.uuid7


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_customers_act"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.UUIDField(default=audit.uuid7.make, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=48)),
                ("title", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Broken off"),
                            ("cancelled", "Stopped"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("actor", models.JSONField()),
                ("actor_id", models.CharField(max_length=200)),
                ("actor_label", models.CharField(max_length=200)),
                ("arguments", models.JSONField(default=dict)),
                ("event", models.UUIDField()),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("lease", models.UUIDField(null=True)),
                ("heartbeat", models.DateTimeField(null=True)),
                ("claims", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(fields=["actor_id", "-created_at"], name="jobs_by_actor"),
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["created_at"],
                        name="jobs_going",
                    ),
                    models.Index(fields=["finished_at"], name="jobs_by_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at", None), ("state__in", ["queued", "running"])),
                            models.Q(
                                models.Q(("state__in", ["queued", "running"]), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="an_ended_job_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("done"), "+", models.F("failed")
                                ),
                            )
                        ),
                        name="a_job_counts_its_items_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("target_type", models.CharField(max_length=48)),
                ("target_id", models.CharField(max_length=200)),
                ("target_label", models.CharField(max_length=200)),
                ("organization", models.CharField(blank=True, max_length=200)),
                ("organization_label", models.CharField(blank=True, max_length=200)),
                ("seen", models.BigIntegerField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("sentence", models.CharField(blank=True, max_length=500)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="audit.job"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "waiting")),
                        fields=["job", "position"],
                        name="job_items_that_wait",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "position"), name="one_item_per_job_and_position")
                ],
            },
        ),
    ]
