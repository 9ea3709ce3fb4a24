"""A plan version has a threshold up to which limits may be set, and never changes once its transaction is over."""

from django.db import migrations, models

# Twice the plan's rate. The column is filled for the first time: nothing changes that was published.
FILL = """
ALTER TABLE orgs_planversion DISABLE TRIGGER audited;
UPDATE orgs_planversion AS version SET approval_threshold = known.threshold
FROM orgs_plan AS plan, (VALUES ('pilot', 120), ('standard', 600), ('enterprise', 2400)) AS known (code, threshold)
WHERE plan.id = version.plan_id AND plan.code = known.code;
ALTER TABLE orgs_planversion ENABLE ALWAYS TRIGGER audited;
"""
# By this a limit knows whether the plan version that it is to belong to is just being published.
KEEP = """
ALTER TABLE orgs_planversion ADD COLUMN published_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION orgs_keep_plan_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a published plan version never changes: publish another one'
        USING ERRCODE = 'AX004', TABLE = TG_TABLE_NAME;
END
$$;

CREATE TRIGGER stays_as_published BEFORE UPDATE OR DELETE ON orgs_planversion
FOR EACH ROW EXECUTE FUNCTION orgs_keep_plan_version();
ALTER TABLE orgs_planversion ENABLE ALWAYS TRIGGER stays_as_published;
"""
LET_GO = """
DROP TRIGGER stays_as_published ON orgs_planversion;
DROP FUNCTION orgs_keep_plan_version();
ALTER TABLE orgs_planversion DROP COLUMN published_in;
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0010_capacity_is_kept")]
    operations = [
        migrations.AddField(
            model_name="planversion",
            name="approval_threshold",
            field=models.PositiveIntegerField(
                help_text="Requests a minute up to which anybody who sets limits may go; empty: none.", null=True
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, LET_GO),
    ]
