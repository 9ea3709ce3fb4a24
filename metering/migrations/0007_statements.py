"""Numbered documents for customers, chained by their hashes; what is issued never changes."""

import django.db.models.deletion
from django.db import migrations, models

import metering.numbering
from audit.guards import protect

PROTECT = django.db.models.deletion.PROTECT
STATEMENT, NOTE = models.Q(kind="statement"), models.Q(kind="credit_note")
ORGANIZATION_OF = "SELECT uid FROM orgs_organization WHERE id = ($1->>'organization_id')::bigint"

# By its transaction a line knows whether its statement is just being issued.
KEEP = """
ALTER TABLE metering_statement ADD COLUMN issued_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION metering_keep_statement() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a statement never changes: % refused', TG_OP USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
END
$$;

CREATE FUNCTION metering_chain_statement() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    before metering_statement;
BEGIN
    SELECT * INTO before FROM metering_statement
    WHERE organization_id = NEW.organization_id ORDER BY sequence DESC LIMIT 1;
    IF NEW.sequence <> coalesce(before.sequence, 0) + 1 OR NEW.previous_sha256 <> coalesce(before.sha256, '')
        OR NEW.sha256 <> encode(sha256(convert_to(NEW.document, 'UTF8')), 'hex')
        OR NEW.issued_in <> pg_current_xact_id()
    THEN
        RAISE EXCEPTION 'statement % does not join the chain of its organization', NEW.number
            USING ERRCODE = 'AX014', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION metering_close_statement() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added JOIN metering_statement AS statement ON statement.id = added.statement_id
        WHERE statement.issued_in <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'a statement gets no lines after it was issued'
            USING ERRCODE = 'AX013', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER stays_as_issued BEFORE UPDATE OR DELETE ON metering_statement
    FOR EACH ROW EXECUTE FUNCTION metering_keep_statement();
CREATE TRIGGER stays_whole BEFORE TRUNCATE ON metering_statement
    FOR EACH STATEMENT EXECUTE FUNCTION metering_keep_statement();
CREATE TRIGGER joins_the_chain BEFORE INSERT ON metering_statement
    FOR EACH ROW EXECUTE FUNCTION metering_chain_statement();
CREATE TRIGGER stays_as_issued BEFORE UPDATE OR DELETE ON metering_statementline
    FOR EACH ROW EXECUTE FUNCTION metering_keep_statement();
CREATE TRIGGER stays_whole BEFORE TRUNCATE ON metering_statementline
    FOR EACH STATEMENT EXECUTE FUNCTION metering_keep_statement();
CREATE TRIGGER comes_with_its_statement AFTER INSERT ON metering_statementline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION metering_close_statement();
ALTER TABLE metering_statement ENABLE ALWAYS TRIGGER stays_as_issued;
ALTER TABLE metering_statement ENABLE ALWAYS TRIGGER stays_whole;
ALTER TABLE metering_statement ENABLE ALWAYS TRIGGER joins_the_chain;
ALTER TABLE metering_statementline ENABLE ALWAYS TRIGGER stays_as_issued;
ALTER TABLE metering_statementline ENABLE ALWAYS TRIGGER stays_whole;
ALTER TABLE metering_statementline ENABLE ALWAYS TRIGGER comes_with_its_statement;
"""
# With their triggers.
LET_GO = """
DROP FUNCTION metering_close_statement() CASCADE;
DROP FUNCTION metering_chain_statement() CASCADE;
DROP FUNCTION metering_keep_statement() CASCADE;
ALTER TABLE metering_statement DROP COLUMN issued_in;
"""

# The application's login has no fixed name here: whoever is not the owner keeps SELECT and INSERT of what they had.
RIGHTS = """
DO $$
DECLARE
    issued regclass;
    grantee text;
BEGIN
    FOREACH issued IN ARRAY ARRAY['metering_statement', 'metering_statementline']::regclass[] LOOP
        FOR grantee IN SELECT metering_grantees(issued) LOOP
            EXECUTE format('REVOKE ALL ON %s FROM %s', issued, grantee);
            IF grantee <> 'PUBLIC' THEN
                EXECUTE format('GRANT SELECT, INSERT ON %s TO %s', issued, grantee);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0006_periods_end"), ("audit", "0003_guard")]
    operations = [
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "uid",
                    models.CharField(
                        default=metering.numbering.statement_uid, editable=False, max_length=24, unique=True
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("statement", "Statement"), ("credit_note", "Credit note")], max_length=12
                    ),
                ),
                ("adjustment", models.CharField(blank=True, max_length=32)),
                ("sequence", models.PositiveIntegerField()),
                ("number", models.CharField(max_length=96, unique=True)),
                ("issued_at", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                ("total", models.DecimalField(decimal_places=4, max_digits=20)),
                ("document", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("previous_sha256", models.CharField(blank=True, max_length=64)),
                (
                    "organization",
                    models.ForeignKey(on_delete=PROTECT, related_name="statements", to="orgs.organization"),
                ),
                (
                    "period",
                    models.ForeignKey(
                        null=True, on_delete=PROTECT, related_name="statements", to="metering.billingperiod"
                    ),
                ),
                (
                    "refers_to",
                    models.ForeignKey(
                        null=True, on_delete=PROTECT, related_name="credit_notes", to="metering.statement"
                    ),
                ),
            ],
            options={"ordering": ["organization_id", "-sequence"]},
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=24)),
                ("name", models.CharField(max_length=400)),
                ("note", models.CharField(blank=True, max_length=1000)),
                ("quantity", models.BigIntegerField(null=True)),
                ("units", models.BigIntegerField(null=True)),
                ("unit_price", models.DecimalField(decimal_places=10, max_digits=24, null=True)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
                ("opens", models.JSONField(null=True)),
                (
                    "statement",
                    models.ForeignKey(on_delete=PROTECT, related_name="lines", to="metering.statement"),
                ),
            ],
            options={"ordering": ["statement_id", "position"]},
        ),
        migrations.AddConstraint(
            "statementline",
            models.UniqueConstraint(fields=["statement", "position"], name="lines_of_a_statement_stand_in_order"),
        ),
        migrations.AddIndex("statement", models.Index(fields=["-issued_at"], name="statements_by_time")),
        migrations.AddConstraint(
            "statement",
            models.UniqueConstraint(condition=STATEMENT, fields=["period"], name="one_statement_of_a_period"),
        ),
        migrations.AddConstraint(
            "statement",
            models.UniqueConstraint(condition=NOTE, fields=["adjustment"], name="one_credit_note_of_an_adjustment"),
        ),
        migrations.AddConstraint(
            "statement",
            models.UniqueConstraint(fields=["organization", "sequence"], name="statements_are_numbered_without_gaps"),
        ),
        migrations.AddConstraint(
            "statement",
            models.CheckConstraint(
                condition=(STATEMENT & models.Q(period__isnull=False, refers_to__isnull=True, adjustment=""))
                | (NOTE & models.Q(refers_to__isnull=False) & ~models.Q(adjustment="")),
                name="a_statement_is_of_a_period_and_a_credit_note_of_a_statement",
            ),
        ),
        migrations.AddConstraint(
            "statement",
            models.CheckConstraint(condition=models.Q(sequence__gte=1), name="the_first_statement_is_number_one"),
        ),
        migrations.RunSQL(KEEP, LET_GO),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        protect("metering_statement", ORGANIZATION_OF),
    ]
