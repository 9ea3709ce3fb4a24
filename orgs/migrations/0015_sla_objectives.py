"""A plan version says what it promises of each API version."""

from decimal import Decimal

from django.db import migrations, models

# What the plans to begin with promise. The columns are filled for the first time: nothing changes that was published.
FILL = """
ALTER TABLE orgs_planversion DISABLE TRIGGER audited;
ALTER TABLE orgs_planversion DISABLE TRIGGER stays_as_published;
UPDATE orgs_planversion AS version SET v1_availability = known.availability, v1_p95_ms = known.v1_ms,
    v2_availability = known.availability, v2_p95_ms = known.v2_ms
FROM orgs_plan AS plan, (VALUES ('standard', 99.5, 10000, 25000), ('enterprise', 99.9, 8000, 20000))
    AS known (code, availability, v1_ms, v2_ms)
WHERE plan.id = version.plan_id AND plan.code = known.code;
ALTER TABLE orgs_planversion ENABLE ALWAYS TRIGGER stays_as_published;
ALTER TABLE orgs_planversion ENABLE ALWAYS TRIGGER audited;
"""


def _part(version: str) -> models.CheckConstraint:
    column = f"{version}_availability"
    within = models.Q(**{f"{column}__gte": Decimal(50), f"{column}__lt": Decimal(100)})
    return models.CheckConstraint(
        condition=within | models.Q(**{column: None}), name=f"{version}_is_promised_a_part_of_the_time"
    )


class Migration(migrations.Migration):
    dependencies = [("orgs", "0014_billing_role")]
    operations = [
        migrations.AddField(
            "planversion", "v1_availability", models.DecimalField(decimal_places=3, max_digits=5, null=True)
        ),
        migrations.AddField("planversion", "v1_p95_ms", models.PositiveIntegerField(null=True)),
        migrations.AddField(
            "planversion", "v2_availability", models.DecimalField(decimal_places=3, max_digits=5, null=True)
        ),
        migrations.AddField("planversion", "v2_p95_ms", models.PositiveIntegerField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint("planversion", _part("v1")),
        migrations.AddConstraint("planversion", _part("v2")),
        migrations.AddConstraint(
            "planversion",
            models.CheckConstraint(
                condition=(models.Q(v1_p95_ms=None) | models.Q(v1_p95_ms__gt=0))
                & (models.Q(v2_p95_ms=None) | models.Q(v2_p95_ms__gt=0)),
                name="a_promised_time_is_some_time",
            ),
        ),
    ]
