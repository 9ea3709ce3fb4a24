"""How often gateways have told something else of a day; and what a period looked like when it was last compared."""

import django.db.models.deletion
from django.db import migrations, models

# Whoever writes the totals: what was compared before is compared again. In the order of the key, as the totals are.
MARK = """
CREATE FUNCTION metering_mark_told() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO metering_toldday AS told (organization_id, day, changes)
    SELECT organization_id, (hour AT TIME ZONE 'UTC')::date, count(*) FROM changed GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (organization_id, day) DO UPDATE SET changes = told.changes + excluded.changes;
    RETURN NULL;
END
$$;

CREATE TRIGGER told AFTER INSERT ON metering_controltotal
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_told();
CREATE TRIGGER told_anew AFTER UPDATE ON metering_controltotal
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_told();
CREATE TRIGGER taken_back AFTER DELETE ON metering_controltotal
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_told();
"""
# With its triggers.
UNMARK = "DROP FUNCTION metering_mark_told() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("metering", "0019_day_sums"), ("orgs", "0017_usage_is_told")]
    operations = [
        migrations.CreateModel(
            name="ToldDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("changes", models.BigIntegerField()),
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
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "day"), name="changes_of_a_day_are_counted_once")
                ],
            },
        ),
        migrations.AddField("periodcheck", "compared", models.CharField(default="", max_length=200)),
        migrations.RunSQL(MARK, UNMARK),
    ]
