"""What was last found of each billing period that is not final; and late usage by the period that it is of."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0016_exports_hold_voids")]
    operations = [
        migrations.CreateModel(
            name="PeriodCheck",
            fields=[
                (
                    "period",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="found",
                        serialize=False,
                        to="metering.billingperiod",
                    ),
                ),
                ("checked_at", models.DateTimeField()),
                ("generations", models.BigIntegerField()),
                ("late", models.BigIntegerField()),
                ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
                ("currency", models.CharField(max_length=3)),
                ("differing", models.PositiveIntegerField(default=0)),
                (
                    "behind",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list, size=None
                    ),
                ),
                (
                    "unpriced",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), default=list, size=None
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["checked_at"], name="period_checks_by_age")]},
        ),
        migrations.AddIndex(
            "usageday",
            models.Index(
                condition=models.Q(("original_period__isnull", False)),
                fields=["original_period"],
                name="usage_days_of_an_original",
            ),
        ),
    ]
