"""A version of a contract is withdrawn before it begins: it is kept, never changes again, and holds nothing."""

import django.contrib.postgres.constraints
from django.contrib.postgres.fields import RangeOperators
from django.db import migrations, models

KEPT = """
    IF OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'a withdrawn contract stays as it is' USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.withdrawn_at IS NOT NULL AND (
        to_jsonb(NEW) - 'withdrawn_at' IS DISTINCT FROM to_jsonb(OLD) - 'withdrawn_at'
        OR EXISTS (SELECT FROM metering_billingperiod WHERE contract_id = OLD.id)
    ) THEN
        RAISE EXCEPTION 'a contract is withdrawn as it is, and without a billing period'
            USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
"""
KEEP_CONTRACT = """
CREATE OR REPLACE FUNCTION metering_keep_contract() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a contract is never removed' USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    %s
    IF NOT metering_is_billed_on(OLD.id) THEN RETURN NEW; END IF;
    -- Its end may come nearer, as far as no period that is being billed loses any of its time.
    IF to_jsonb(NEW) - 'effective' IS DISTINCT FROM to_jsonb(OLD) - 'effective'
        OR lower(NEW.effective) IS DISTINCT FROM lower(OLD.effective)
        OR upper(NEW.effective) < (
            SELECT max(upper(span)) FROM metering_billingperiod WHERE contract_id = OLD.id AND state <> 'open'
        )
    THEN
        RAISE EXCEPTION 'a billing period of this contract is no longer open: it stays as it is'
            USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
"""
WITHDRAW = """
CREATE FUNCTION metering_keep_withdrawn() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metering_contract WHERE id = NEW.contract_id AND withdrawn_at IS NOT NULL) THEN
        RAISE EXCEPTION 'nothing is billed on a withdrawn contract' USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER not_of_a_withdrawn_contract BEFORE INSERT OR UPDATE OF contract_id ON metering_billingperiod
FOR EACH ROW EXECUTE FUNCTION metering_keep_withdrawn();
ALTER TABLE metering_billingperiod ENABLE ALWAYS TRIGGER not_of_a_withdrawn_contract;

CREATE FUNCTION metering_keep_withdrawn_price() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    contract bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.contract_id ELSE NEW.contract_id END;
BEGIN
    IF EXISTS (SELECT FROM metering_contract WHERE id = contract AND withdrawn_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a withdrawn contract stays as it is' USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE TRIGGER stays_as_withdrawn BEFORE INSERT OR DELETE ON metering_contractprice
FOR EACH ROW EXECUTE FUNCTION metering_keep_withdrawn_price();
ALTER TABLE metering_contractprice ENABLE ALWAYS TRIGGER stays_as_withdrawn;
"""
LET_GO = """
DROP TRIGGER stays_as_withdrawn ON metering_contractprice;
DROP FUNCTION metering_keep_withdrawn_price();
DROP TRIGGER not_of_a_withdrawn_contract ON metering_billingperiod;
DROP FUNCTION metering_keep_withdrawn();
"""
ALONE = "one_contract_of_an_organization_at_a_time"


class Migration(migrations.Migration):
    dependencies = [("metering", "0017_period_checks")]
    operations = [
        migrations.AddField("contract", "withdrawn_at", models.DateTimeField(blank=True, null=True)),
        migrations.RemoveConstraint("contract", ALONE),
        migrations.AddConstraint(
            "contract",
            django.contrib.postgres.constraints.ExclusionConstraint(
                name=ALONE,
                expressions=[("organization", RangeOperators.EQUAL), ("effective", RangeOperators.OVERLAPS)],
                condition=models.Q(withdrawn_at=None),
            ),
        ),
        migrations.AddConstraint(
            "contract",
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(effective__startswith__gt=models.F("withdrawn_at")),
                name="a_contract_is_withdrawn_before_it_begins",
            ),
        ),
        migrations.RunSQL(KEEP_CONTRACT % KEPT, KEEP_CONTRACT % ""),
        migrations.RunSQL(WITHDRAW, LET_GO),
    ]
