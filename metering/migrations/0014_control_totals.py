"""What gateways say they counted, and what became of rejects."""

import django.db.models.deletion
from django.db import migrations, models

RESOLUTIONS = [("none", "Not settled"), ("retried", "Counted on retry"), ("dismissed", "Dismissed")]
ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("metering", "0013_adjustments")]
    operations = [
        migrations.CreateModel(
            name="ControlTotal",
            fields=[
                ("id", ID),
                ("source", models.CharField(max_length=64)),
                ("hour", models.DateTimeField()),
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
                ("api_version", models.CharField(choices=[("v1", "v1"), ("v2", "v2")], max_length=8)),
                ("succeeded", models.PositiveBigIntegerField()),
                ("gateway", models.CharField(max_length=120)),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "hour", "api_version", "source"), name="one_control_total_per_hour"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceCompletion",
            fields=[
                ("id", ID),
                ("source", models.CharField(max_length=64, unique=True)),
                ("complete_through", models.DateTimeField()),
                ("gateway", models.CharField(max_length=120)),
                ("seen_at", models.DateTimeField()),
            ],
            options={"ordering": ["source"]},
        ),
        # With defaults of the database: the statement that keeps rejects does not name these.
        migrations.AddField(
            "rejectedgeneration",
            "resolution",
            models.CharField(choices=RESOLUTIONS, db_default="none", max_length=12),
        ),
        migrations.AddField("rejectedgeneration", "resolved_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "rejectedgeneration", "resolved_by", models.CharField(blank=True, db_default="", max_length=200)
        ),
        migrations.AddField(
            "rejectedgeneration", "resolved_reason", models.CharField(blank=True, db_default="", max_length=500)
        ),
        migrations.AddIndex(
            "rejectedgeneration",
            models.Index(
                condition=models.Q(resolution="none"), fields=["last_received_at"], name="rejects_to_be_settled"
            ),
        ),
        migrations.AddConstraint(
            "rejectedgeneration",
            models.CheckConstraint(
                condition=models.Q(resolution="none", resolved_at__isnull=True)
                | models.Q(resolution__in=("retried", "dismissed"), resolved_at__isnull=False),
                name="a_reject_is_settled_at_some_time",
            ),
        ),
    ]
