"""Late generations keep their original period; rollups also count by it, by aspect ratio and by failure cause."""

import django.db.models.deletion
from django.db import migrations, models

ORIGINAL = models.ForeignKey(
    db_constraint=False,
    db_index=False,
    null=True,
    on_delete=django.db.models.deletion.PROTECT,
    related_name="+",
    to="metering.billingperiod",
)
RATIO = models.CharField(default="", max_length=16)
CAUSE = models.CharField(
    choices=[("engine", "Engine"), ("timeout", "Time-out"), ("content", "Content"), ("client", "Client")],
    default="",
    max_length=12,
)

# The ledger says what the new columns hold for what was counted before. Whoever counts meanwhile waits, and then counts
# into what is there.
RECOUNT = """
TRUNCATE metering_usagehour, metering_usageday;
INSERT INTO metering_usagehour (hour, {by}, generations, units)
SELECT date_trunc('hour', occurred_at, 'UTC') AS hour, {by}, count(*), sum(units)
FROM metering_generation GROUP BY hour, {by};
INSERT INTO metering_usageday (day, {by}, generations, units)
SELECT (hour AT TIME ZONE 'UTC')::date AS day, {by}, sum(generations), sum(units)
FROM metering_usagehour GROUP BY day, {by};
"""
BEFORE = "organization_id, period_id, key_id, environment, api_version, outcome, resolution, service_tier"
AFTER = f"{BEFORE}, original_period_id, aspect_ratio, failure_cause"


def _columns(model: str) -> list[migrations.AddField]:
    return [
        migrations.AddField(model, "original_period", ORIGINAL.clone()),
        migrations.AddField(model, "aspect_ratio", RATIO.clone(), preserve_default=False),
        migrations.AddField(model, "failure_cause", CAUSE.clone(), preserve_default=False),
    ]


def _key(unit: str) -> models.UniqueConstraint:
    said = ("api_version", "outcome", "resolution", "aspect_ratio", "service_tier", "failure_cause")
    return models.UniqueConstraint(
        fields=("organization", unit, "period", "original_period", "key", "environment", *said),
        name=f"one_rollup_per_{unit}",
        nulls_distinct=False,
    )


class Migration(migrations.Migration):
    dependencies = [("metering", "0008_exports_and_alerts")]
    operations = [
        migrations.AddField("generation", "original_period", ORIGINAL.clone()),
        migrations.RemoveConstraint("usagehour", "one_rollup_per_hour"),
        migrations.RemoveConstraint("usageday", "one_rollup_per_day"),
        migrations.RunSQL(migrations.RunSQL.noop, RECOUNT.format(by=BEFORE)),
        *_columns("usagehour"),
        *_columns("usageday"),
        migrations.RunSQL(RECOUNT.format(by=AFTER), migrations.RunSQL.noop),
        migrations.AddConstraint("usagehour", _key("hour")),
        migrations.AddConstraint("usageday", _key("day")),
        migrations.AlterField(
            "rejectedgeneration",
            "status",
            models.CharField(
                choices=[("rejected", "Rejected"), ("conflict", "Conflict"), ("replay", "Replay")], max_length=8
            ),
        ),
    ]
