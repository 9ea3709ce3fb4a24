"""Limits of calendar windows and of running jobs, warnings, and temporary ones that give way to what was before."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.db.models.deletion
from django.contrib.postgres.fields.ranges import DateTimeRangeField, RangeOperators
from django.db import migrations, models
from django.db.models.functions import Cast, Coalesce, Concat


def said(text):
    return models.Value(text, output_field=models.TextField())


def part(column, otherwise=None):
    cast = Cast(column, models.TextField())
    return Coalesce(cast, said(otherwise), output_field=models.TextField()) if otherwise else cast


SLOT = Concat(
    said("p"),
    part("plan_version_id", "-"),
    said("o"),
    part("organization_id", "-"),
    said("k"),
    part("key_id", "-"),
    said("/"),
    part("dimension"),
    said("/"),
    part("api_version", "any"),
    said("/"),
    part("kind"),
    said("/"),
    part("period_s", "-"),
    said("/"),
    part("window", "-"),
    output_field=models.TextField(),
)
OF_ONE_KIND = (
    models.Q(kind="rate", period_s__isnull=False, burst__isnull=False, window__isnull=True, overage_allowance=0)
    | models.Q(kind="window", window__isnull=False, period_s__isnull=True, burst__isnull=True)
    | (
        models.Q(kind="concurrency", window__isnull=True, period_s__isnull=True, burst__isnull=True)
        & models.Q(dimension="requests", overage_allowance=0)
    )
)

# A version's limits are written in the transaction that publishes it, and never again.
KEEP = """
CREATE FUNCTION keys_keep_plan_limit() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND EXISTS (
        SELECT FROM orgs_planversion WHERE id = NEW.plan_version_id AND published_in = pg_current_xact_id()
    ) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a published plan version never changes: publish another one'
        USING ERRCODE = 'AX004', TABLE = TG_TABLE_NAME;
END
$$;

CREATE TRIGGER stays_as_published_new BEFORE INSERT ON keys_limitrule
FOR EACH ROW WHEN (NEW.plan_version_id IS NOT NULL) EXECUTE FUNCTION keys_keep_plan_limit();
CREATE TRIGGER stays_as_published BEFORE UPDATE ON keys_limitrule
FOR EACH ROW WHEN (OLD.plan_version_id IS NOT NULL OR NEW.plan_version_id IS NOT NULL)
EXECUTE FUNCTION keys_keep_plan_limit();
CREATE TRIGGER stays_as_published_old BEFORE DELETE ON keys_limitrule
FOR EACH ROW WHEN (OLD.plan_version_id IS NOT NULL) EXECUTE FUNCTION keys_keep_plan_limit();
ALTER TABLE keys_limitrule ENABLE ALWAYS TRIGGER stays_as_published_new;
ALTER TABLE keys_limitrule ENABLE ALWAYS TRIGGER stays_as_published;
ALTER TABLE keys_limitrule ENABLE ALWAYS TRIGGER stays_as_published_old;
"""
LET_GO = """
DROP TRIGGER stays_as_published_old ON keys_limitrule;
DROP TRIGGER stays_as_published ON keys_limitrule;
DROP TRIGGER stays_as_published_new ON keys_limitrule;
DROP FUNCTION keys_keep_plan_limit();
"""


def one_rule_per_slot():
    return django.contrib.postgres.constraints.ExclusionConstraint(
        name="one_active_rule_per_slot",
        expressions=[("slot", RangeOperators.EQUAL), ("effective", RangeOperators.OVERLAPS)],
    )


class Migration(migrations.Migration):
    dependencies = [("keys", "0019_pilot_criteria_guard"), ("orgs", "0011_published_plans_stay")]
    operations = [
        migrations.RemoveConstraint("limitrule", "one_active_rule_per_slot"),
        migrations.RemoveField("limitrule", "slot"),
        migrations.AddField(
            "limitrule",
            "window",
            models.CharField(
                blank=True,
                choices=[("day", "Day"), ("month", "Month"), ("term", "Whole term")],
                max_length=8,
                null=True,
            ),
        ),
        migrations.AddField(
            "limitrule",
            "slot",
            models.GeneratedField(expression=SLOT, output_field=models.TextField(), db_persist=True),
        ),
        migrations.AddConstraint("limitrule", one_rule_per_slot()),
        migrations.AddField(
            "limitrule",
            "warn_at",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField("limitrule", "asked", DateTimeRangeField(blank=True, null=True)),
        migrations.AddField(
            "limitrule",
            "continues",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="continuations",
                to="keys.limitrule",
            ),
        ),
        migrations.AddField("limitrule", "counts_since", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("limitrule", "begun_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("limitrule", "ended_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddConstraint(
            "limitrule", models.CheckConstraint(condition=OF_ONE_KIND, name="a_limit_is_of_one_kind")
        ),
        migrations.AddConstraint(
            "limitrule",
            models.CheckConstraint(
                condition=models.Q(warn_at__contained_by=[50, 80, 95, 100]), name="warnings_are_at_known_percentages"
            ),
        ),
        migrations.AddConstraint(
            "limitrule",
            models.CheckConstraint(condition=models.Q(effective__lower_inf=False), name="a_limit_begins"),
        ),
        migrations.AddConstraint(
            "limitrule",
            models.CheckConstraint(
                condition=models.Q(counts_since=None) | models.Q(window="term"), name="only_a_term_counts_since"
            ),
        ),
        migrations.RunSQL(KEEP, LET_GO),
    ]
