"""Contracts have a number, a price list, a minimum, a fee for capacity and credits; what was billed on stays."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from audit.guards import protect, revoke

# The column is filled for the first time, in the order in which the contracts hold.
FILL = """
ALTER TABLE metering_contract DISABLE TRIGGER audited;
UPDATE metering_contract AS contract SET number = counted.number
FROM (
    SELECT id, row_number() OVER (PARTITION BY organization_id ORDER BY effective) AS number FROM metering_contract
) AS counted
WHERE counted.id = contract.id;
ALTER TABLE metering_contract ENABLE ALWAYS TRIGGER audited;
"""

KEEP = """
CREATE FUNCTION metering_is_billed_on(contract bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM metering_billingperiod WHERE contract_id = contract AND state <> 'open')
$$;

CREATE FUNCTION metering_keep_contract() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a contract is never removed' USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
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

CREATE TRIGGER stays_as_billed BEFORE UPDATE OR DELETE ON metering_contract
FOR EACH ROW EXECUTE FUNCTION metering_keep_contract();
ALTER TABLE metering_contract ENABLE ALWAYS TRIGGER stays_as_billed;

CREATE FUNCTION metering_keep_price() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    contract bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.contract_id ELSE NEW.contract_id END;
BEGIN
    IF TG_OP = 'UPDATE' OR metering_is_billed_on(contract) THEN
        RAISE EXCEPTION 'a price list that is billed on stays as it is' USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    -- Two that write the same list wait for each other: the second one sees what the first one wrote.
    PERFORM FROM metering_contract WHERE id = NEW.contract_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM metering_contractprice
        WHERE contract_id = NEW.contract_id AND api_version = NEW.api_version AND resolutions && NEW.resolutions
    ) THEN
        RAISE EXCEPTION 'a resolution of % has one price', NEW.api_version
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'one_price_for_a_resolution', TABLE = TG_TABLE_NAME;
    END IF;
    IF NOT metering_are_tiers(NEW.tiers) OR (NEW.model = 'flat') <> (jsonb_array_length(NEW.tiers) = 1) THEN
        RAISE EXCEPTION 'tiers rise to one without an end, each with a price; a flat price has one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tiers_rise', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION metering_are_tiers(tiers jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE
    tier jsonb;
    reached numeric := 0;
BEGIN
    IF jsonb_typeof(tiers) IS DISTINCT FROM 'array' OR jsonb_array_length(tiers) = 0 THEN RETURN false; END IF;
    FOR tier IN SELECT value FROM jsonb_array_elements(tiers) LOOP
        -- After one without an end there is no other; a price is a text, so that it keeps its digits.
        IF reached IS NULL OR jsonb_typeof(tier) <> 'object' OR coalesce(jsonb_typeof(tier->'price'), '') <> 'string'
            OR tier->>'price' !~ '^[0-9]{1,8}([.][0-9]{1,10})?$' OR NOT tier ? 'up_to'
        THEN RETURN false; END IF;
        IF tier->'up_to' = 'null'::jsonb THEN
            reached := NULL;
        ELSIF tier->>'up_to' !~ '^[1-9][0-9]{0,17}$' OR (tier->>'up_to')::numeric <= reached THEN
            RETURN false;
        ELSE
            reached := (tier->>'up_to')::numeric;
        END IF;
    END LOOP;
    RETURN reached IS NULL;
END
$$;

CREATE TRIGGER stays_as_billed BEFORE INSERT OR UPDATE OR DELETE ON metering_contractprice
FOR EACH ROW EXECUTE FUNCTION metering_keep_price();
ALTER TABLE metering_contractprice ENABLE ALWAYS TRIGGER stays_as_billed;
"""
LET_GO = """
DROP TRIGGER stays_as_billed ON metering_contractprice;
DROP TRIGGER stays_as_billed ON metering_contract;
DROP FUNCTION metering_keep_price();
DROP FUNCTION metering_are_tiers(jsonb);
DROP FUNCTION metering_keep_contract();
DROP FUNCTION metering_is_billed_on(bigint);
"""

ORGANIZATION_OF = """
SELECT organization.uid FROM orgs_organization organization
JOIN metering_contract contract ON contract.organization_id = organization.id
WHERE contract.id = ($1->>'contract_id')::bigint
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0011_sla_days")]
    operations = [
        migrations.AddField("contract", "number", models.PositiveIntegerField(null=True)),
        migrations.AddField(
            "contract", "minimum_amount", models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)
        ),
        migrations.AddField(
            "contract", "capacity_fee", models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True)
        ),
        migrations.AddField("contract", "sla_credits", models.JSONField(blank=True, default=list)),
        migrations.AddField("contract", "purchase_order", models.CharField(blank=True, max_length=64)),
        migrations.AddField("contract", "review_days", models.PositiveSmallIntegerField(default=5)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("contract", "number", models.PositiveIntegerField()),
        migrations.AddConstraint(
            "contract",
            models.UniqueConstraint(fields=["organization", "number"], name="contracts_are_numbered"),
        ),
        migrations.AddConstraint(
            "contract",
            models.CheckConstraint(
                condition=models.Q(minimum_amount=None) | models.Q(minimum_amount__gt=0), name="a_minimum_is_an_amount"
            ),
        ),
        migrations.AddConstraint(
            "contract",
            models.CheckConstraint(
                condition=models.Q(capacity_fee=None) | models.Q(capacity_fee__gte=0), name="a_fee_is_an_amount"
            ),
        ),
        migrations.AddConstraint(
            "contract",
            models.CheckConstraint(condition=models.Q(review_days__range=(0, 90)), name="a_review_ends"),
        ),
        migrations.CreateModel(
            name="ContractPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("api_version", models.CharField(choices=[("v1", "v1"), ("v2", "v2")], max_length=8)),
                (
                    "resolutions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), blank=True, default=list, size=None
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "model",
                    models.CharField(choices=[("flat", "Flat"), ("graduated", "Graduated")], max_length=9),
                ),
                ("tiers", models.JSONField()),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="prices", to="metering.contract"
                    ),
                ),
            ],
            options={"ordering": ["contract_id", "position"]},
        ),
        migrations.AddConstraint(
            "contractprice",
            models.UniqueConstraint(fields=["contract", "position"], name="a_price_list_has_an_order"),
        ),
        migrations.AddConstraint(
            "contractprice",
            models.UniqueConstraint(
                condition=models.Q(resolutions=[]),
                fields=["contract", "api_version"],
                name="one_price_for_all_other_resolutions",
            ),
        ),
        protect("metering_contractprice", ORGANIZATION_OF),
        revoke("UPDATE, TRUNCATE", ["metering_contractprice"]),
        migrations.RunSQL(KEEP, LET_GO),
    ]
