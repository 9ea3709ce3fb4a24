"""Dedicated capacity: pools, their days, reservations, and what ran in them by hour."""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import orgs.identifiers
import orgs.texts

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def _of(table: str, related_name: str, **options: bool) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=related_name, to=f"orgs.{table}", **options
    )


class Migration(migrations.Migration):
    dependencies = [("orgs", "0008_organizations_by_name")]
    operations = [
        migrations.CreateModel(
            name="CapacityPool",
            fields=[
                ID,
                ("code", models.SlugField(max_length=40, unique=True)),
                (
                    "api_version",
                    models.CharField(choices=[("v1", "v1"), ("v2", "v2")], max_length=8, verbose_name="API version"),
                ),
                ("region", models.CharField(max_length=40, validators=[orgs.texts.one_line])),
                ("unit_name", models.CharField(default="unit", max_length=40, validators=[orgs.texts.one_line])),
                ("jobs_per_unit", models.PositiveIntegerField(verbose_name="running jobs per unit")),
                (
                    "generations_per_minute_per_unit",
                    models.PositiveIntegerField(verbose_name="generations a minute per unit"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("generations_per_minute_per_unit__gt", 0), ("jobs_per_unit__gt", 0)),
                        name="a_unit_is_worth_something",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PoolDay",
            fields=[
                ID,
                ("day", models.DateField()),
                ("capacity", models.PositiveIntegerField()),
                ("reserved", models.IntegerField(default=0)),
                ("pool", _of("capacitypool", "days")),
            ],
            options={
                "ordering": ["pool_id", "day"],
                "constraints": [
                    models.UniqueConstraint(fields=("pool", "day"), name="one_row_per_day_of_a_pool"),
                    models.CheckConstraint(
                        condition=models.Q(("reserved__gte", 0), ("reserved__lte", models.F("capacity"))),
                        name="no_more_is_reserved_than_there_is",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PoolHour",
            fields=[
                ID,
                ("hour", models.DateTimeField()),
                ("peak_jobs", models.PositiveIntegerField()),
                ("job_seconds", models.PositiveBigIntegerField()),
                ("organization", _of("organization", "+", null=True)),
                ("pool", _of("capacitypool", "hours")),
            ],
            options={
                "ordering": ["hour"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pool", "hour", "organization"),
                        name="one_row_per_hour_of_a_pool",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ID,
                (
                    "uid",
                    models.CharField(
                        default=orgs.identifiers.reservation_uid, editable=False, max_length=24, unique=True
                    ),
                ),
                ("units", models.PositiveIntegerField()),
                ("days", django.contrib.postgres.fields.ranges.DateRangeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("hold", "Hold"),
                            ("active", "Active"),
                            ("cancelled", "Cancelled"),
                            ("ended", "Ended"),
                        ],
                        max_length=12,
                    ),
                ),
                ("hold_expires_at", models.DateTimeField(blank=True, null=True)),
                ("released_on", models.DateField(blank=True, null=True)),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                (
                    "overflow",
                    models.CharField(
                        choices=[("shared", "Shared room"), ("refuse", "Refused")],
                        default="shared",
                        max_length=8,
                        verbose_name="beyond it",
                    ),
                ),
                (
                    "contract_ref",
                    models.CharField(
                        blank=True, max_length=80, validators=[orgs.texts.one_line], verbose_name="contract"
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("organization", _of("organization", "reservations")),
                ("pool", _of("capacitypool", "reservations")),
            ],
            options={
                "ordering": ["days", "id"],
                "indexes": [
                    models.Index(fields=["organization", "state"], name="reservations_of_an_org"),
                    models.Index(
                        condition=models.Q(("state", "hold")),
                        fields=["hold_expires_at"],
                        name="reservation_holds_by_end",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("units__gt", 0)), name="a_reservation_has_units"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("days__isempty", False), ("days__lower_inf", False), ("days__upper_inf", False)
                        ),
                        name="a_reservation_has_a_first_and_a_last_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "hold"), _negated=True),
                            ("hold_expires_at__isnull", False),
                            _connector="OR",
                        ),
                        name="a_hold_says_until_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_on__isnull", True), ("state__in", ["hold", "active"])),
                            models.Q(("released_on__isnull", False), ("state__in", ["cancelled", "ended"])),
                            _connector="OR",
                        ),
                        name="a_reservation_that_is_over_says_since_when",
                    ),
                ],
            },
        ),
    ]
