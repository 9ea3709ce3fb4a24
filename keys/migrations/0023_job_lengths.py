"""How long an organization's jobs take: a running job's lease lasts as long as that suggests."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0022_windows_are_written_down")]
    operations = [
        migrations.CreateModel(
            name="JobLength",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("api_version", models.CharField(max_length=8)),
                ("p99_ms", models.PositiveIntegerField()),
                ("measured_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orgs.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "api_version"), name="one_job_length_per_version")
                ],
            },
        ),
    ]
