"""Generations counted by hour and by day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0003_partitions")]
    operations = [
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("environment", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=8)),
                ("api_version", models.CharField(choices=[("v1", "v1"), ("v2", "v2")], max_length=8)),
                (
                    "outcome",
                    models.CharField(choices=[("succeeded", "Succeeded"), ("failed", "Failed")], max_length=12),
                ),
                ("resolution", models.CharField(max_length=16)),
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
                ("generations", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("day", models.DateField()),
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
        migrations.CreateModel(
            name="UsageHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("environment", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=8)),
                ("api_version", models.CharField(choices=[("v1", "v1"), ("v2", "v2")], max_length=8)),
                (
                    "outcome",
                    models.CharField(choices=[("succeeded", "Succeeded"), ("failed", "Failed")], max_length=12),
                ),
                ("resolution", models.CharField(max_length=16)),
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
                ("generations", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
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
            model_name="usageday",
            index=models.Index(fields=["day"], name="usage_days_by_day"),
        ),
        migrations.AddIndex(
            model_name="usageday",
            index=models.Index(fields=["period"], name="usage_days_of_a_period"),
        ),
        migrations.AddConstraint(
            model_name="usageday",
            constraint=models.UniqueConstraint(
                fields=(
                    "organization",
                    "day",
                    "period",
                    "key",
                    "environment",
                    "api_version",
                    "outcome",
                    "resolution",
                    "service_tier",
                ),
                name="one_rollup_per_day",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="usagehour",
            constraint=models.UniqueConstraint(
                fields=(
                    "organization",
                    "hour",
                    "period",
                    "key",
                    "environment",
                    "api_version",
                    "outcome",
                    "resolution",
                    "service_tier",
                ),
                name="one_rollup_per_hour",
                nulls_distinct=False,
            ),
        ),
        # Rows here are updated all day: room on the page keeps the updates out of the indexes.
        migrations.RunSQL(
            "ALTER TABLE metering_usagehour SET (fillfactor = 70); ALTER TABLE metering_usageday SET (fillfactor = 70);",
            "ALTER TABLE metering_usagehour RESET (fillfactor); ALTER TABLE metering_usageday RESET (fillfactor);",
        ),
    ]
