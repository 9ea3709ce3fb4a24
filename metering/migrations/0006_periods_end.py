"""How a billing period ends: reviewed, held, overridden, final. Its state has no way back, and final stays as it is."""

from django.db import migrations, models

# What a period covers is fixed once it is being closed: generations have been counted into it by that.
KEEP = """
CREATE FUNCTION metering_keep_period() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    states CONSTANT text[] := ARRAY['open', 'review', 'closing', 'final'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a billing period is never removed' USING ERRCODE = 'AX012', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state = 'final' THEN
        RAISE EXCEPTION 'billing period % is final: it stays as it is', OLD.label
            USING ERRCODE = 'AX012', TABLE = TG_TABLE_NAME;
    END IF;
    IF array_position(states, NEW.state::text) IS NULL
        OR array_position(states, NEW.state::text) < array_position(states, OLD.state::text)
    THEN
        RAISE EXCEPTION 'billing period % cannot go from % to %', OLD.label, OLD.state, NEW.state
            USING ERRCODE = 'AX012', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state = 'closing' AND (NEW.organization_id, NEW.contract_id, NEW.span, NEW.label)
        IS DISTINCT FROM (OLD.organization_id, OLD.contract_id, OLD.span, OLD.label)
    THEN
        RAISE EXCEPTION 'billing period % is closing: what it covers stays as it is', OLD.label
            USING ERRCODE = 'AX012', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER no_way_back BEFORE UPDATE OR DELETE ON metering_billingperiod
FOR EACH ROW EXECUTE FUNCTION metering_keep_period();
ALTER TABLE metering_billingperiod ENABLE ALWAYS TRIGGER no_way_back;
"""
LET_GO = """
DROP TRIGGER no_way_back ON metering_billingperiod;
DROP FUNCTION metering_keep_period();
"""


def _reasoned(what: str) -> models.Q:
    """Nobody does, or somebody does for a reason."""
    nobody = models.Q((f"{what}_at", None), (f"{what}_by", ""), (f"{_reason(what)}", ""))
    somebody = models.Q((f"{what}_at__isnull", False)) & ~models.Q((f"{what}_by", "")) & ~models.Q((_reason(what), ""))
    return nobody | somebody


def _reason(what: str) -> str:
    return "hold_reason" if what == "held" else f"{what}_reason"


class Migration(migrations.Migration):
    dependencies = [("metering", "0005_guard")]
    operations = [
        migrations.AddField("billingperiod", "review_until", models.DateTimeField(null=True)),
        migrations.AddField("billingperiod", "held_at", models.DateTimeField(null=True)),
        migrations.AddField("billingperiod", "held_by", models.CharField(blank=True, max_length=200)),
        migrations.AddField("billingperiod", "hold_reason", models.CharField(blank=True, max_length=500)),
        migrations.AddField("billingperiod", "override_at", models.DateTimeField(null=True)),
        migrations.AddField("billingperiod", "override_by", models.CharField(blank=True, max_length=200)),
        migrations.AddField("billingperiod", "override_reason", models.CharField(blank=True, max_length=500)),
        migrations.AddField("billingperiod", "finished_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "billingperiod",
            models.CheckConstraint(condition=_reasoned("held"), name="a_hold_has_a_person_and_a_reason"),
        ),
        migrations.AddConstraint(
            "billingperiod",
            models.CheckConstraint(condition=_reasoned("override"), name="an_override_has_a_person_and_a_reason"),
        ),
        migrations.AddConstraint(
            "billingperiod",
            models.CheckConstraint(
                condition=models.Q(("finished_at", None), ("state", "final"), _connector="OR"),
                name="only_a_final_period_is_finished",
            ),
        ),
        migrations.AddIndex(
            "billingperiod",
            models.Index(
                condition=~models.Q(("state", "final")), fields=["organization"], name="unfinished_billing_periods"
            ),
        ),
        migrations.RunSQL(KEEP, LET_GO),
    ]
