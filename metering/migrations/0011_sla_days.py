"""How each day went for an organization and API version: counts, and how long generations took."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0010_claims_and_sources"), ("orgs", "0015_sla_objectives")]
    operations = [
        migrations.CreateModel(
            name="SlaDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("api_version", models.CharField(choices=[("v1", "v1"), ("v2", "v2")], max_length=8)),
                ("succeeded", models.BigIntegerField(default=0)),
                ("bad", models.BigIntegerField(default=0)),
                ("excluded", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("durations", models.JSONField(default=dict)),
                ("stages", models.JSONField(default=dict)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sla_days", to="orgs.organization"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="sla_days_by_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "day", "api_version"), name="one_sla_day_per_version"
                    )
                ],
            },
        ),
    ]
