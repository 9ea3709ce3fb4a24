"""Who holds an idempotency key, and which sources have reported into a period."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# Sources are only added; a claim is taken over by the next generation, and swept when nobody can ask for it any more.
RIGHTS = """
DO $$
DECLARE
    kept record;
    grantee text;
BEGIN
    FOR kept IN
        VALUES ('metering_idempotencyclaim', 'SELECT, INSERT, UPDATE, DELETE'),
            ('metering_periodsource', 'SELECT, INSERT')
    LOOP
        FOR grantee IN SELECT metering_grantees(kept.column1::regclass) LOOP
            EXECUTE format('REVOKE ALL ON %I FROM %s', kept.column1, grantee);
            IF grantee <> 'PUBLIC' THEN
                EXECUTE format('GRANT %s ON %I TO %s', kept.column2, kept.column1, grantee);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
"""

SOURCES = """
INSERT INTO metering_periodsource (period_id, source)
SELECT DISTINCT period_id, source FROM metering_generation WHERE period_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0009_original_periods")]
    operations = [
        migrations.CreateModel(
            name="IdempotencyClaim",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization", "key_hash", blank=True, editable=False, primary_key=True, serialize=False
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
                ("key_hash", models.BinaryField(max_length=16)),
                ("generation_id", models.UUIDField()),
                ("occurred_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["occurred_at"], name="claims_by_age"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodSource",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "period", "source", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sources",
                        to="metering.billingperiod",
                    ),
                ),
                ("source", models.CharField(max_length=64)),
            ],
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.RunSQL(SOURCES, migrations.RunSQL.noop),
    ]
