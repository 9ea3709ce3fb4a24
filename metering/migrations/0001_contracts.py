"""What an organization has agreed to, and the periods that follow from it."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("orgs", "0003_guard"), ("keys", "0003_guard")]
    operations = [
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("effective", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("anchor_day", models.PositiveSmallIntegerField(default=1)),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("included_generations", models.PositiveBigIntegerField(default=0)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="contracts", to="orgs.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["organization_id", "effective"],
            },
        ),
        migrations.CreateModel(
            name="BillingPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("span", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("review", "In review"), ("closing", "Closing"), ("final", "Final")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("label", models.CharField(max_length=10)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="billing_periods",
                        to="orgs.organization",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="billing_periods",
                        to="metering.contract",
                    ),
                ),
            ],
            options={
                "ordering": ["organization_id", "span"],
            },
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(("anchor_day__range", (1, 31))), name="an_anchor_is_a_day_of_a_month"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="a_currency_is_three_letters"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(("effective__lower_inc", True), ("effective__upper_inc", False)),
                name="a_contract_is_half_open_and_has_a_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("organization", "="), ("effective", "&&")],
                name="one_contract_of_an_organization_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("span__lower_inc", True), ("span__upper_inc", False), ("span__upper_inf", False)),
                name="a_billing_period_is_half_open_and_has_both_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("organization", "="), ("span", "&&")], name="billing_periods_do_not_overlap"
            ),
        ),
    ]
