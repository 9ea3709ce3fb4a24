"""What windows of limits have used, for counters that are lost, and of how much people were told."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0021_limits_are_swept")]
    operations = [
        migrations.CreateModel(
            name="WindowUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orgs.organization",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="keys.apikey",
                    ),
                ),
                ("slot", models.CharField(max_length=40)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("used", models.BigIntegerField()),
                ("told", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("told__gt", 0)), fields=["ends_at"], name="windows_people_were_told_of"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "key", "slot", "starts_at"),
                        name="one_use_per_window",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
