"""Sums of the days that are over, for pages about usage; and which of them something was counted into since."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0018_contracts_are_withdrawn"), ("orgs", "0017_usage_is_told")]
    operations = [
        migrations.CreateModel(
            name="SummedUsage",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="orgs.organization",
                    ),
                ),
                ("zone", models.CharField(max_length=64)),
                ("through", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="DaySum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("zone", models.CharField(max_length=64)),
                ("day", models.DateField()),
                ("local_day", models.DateField()),
                ("environment", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=8)),
                ("told", models.CharField(max_length=12)),
                ("value", models.CharField(max_length=20)),
                ("v2", models.BigIntegerField()),
                ("v1", models.BigIntegerField()),
                ("failed_v2", models.BigIntegerField()),
                ("failed_v1", models.BigIntegerField()),
                ("ours_v2", models.BigIntegerField()),
                ("ours_v1", models.BigIntegerField()),
                ("units_v2", models.BigIntegerField()),
                ("units_v1", models.BigIntegerField()),
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
                    "original_period",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metering.billingperiod",
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
            options={
                "indexes": [
                    models.Index(fields=["told", "zone", "day"], name="day_sums_by_day"),
                    models.Index(fields=["organization", "day"], name="day_sums_of_organization"),
                    models.Index(fields=["period"], name="day_sums_of_a_period"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaleDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
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
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "day"), name="a_day_is_stale_once")],
            },
        ),
    ]
