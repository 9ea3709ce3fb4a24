"""Links, leak reports and saved views are guarded like keys; a change to a gateway credential raises the revision."""

from django.db import migrations

from audit.guards import protect, revoke

KEY_OF = (
    "SELECT k.uid FROM keys_keysecret s JOIN keys_apikey k ON k.id = s.key_id WHERE s.id = ($1->>'secret_id')::bigint"
)
GATEWAY_OF = (
    "SELECT c.uid FROM keys_gatewaysecret s JOIN keys_gatewaycredential c ON c.id = s.credential_id"
    " WHERE s.id = ($1->>'gateway_secret_id')::bigint"
)

# By trigger, because every process that keeps gateway credentials trusts this number.
RAISE = """
CREATE FUNCTION keys_raise_gateway_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO keys_gatewayrevision AS revision (id, number) VALUES (1, 1)
    ON CONFLICT (id) DO UPDATE SET number = revision.number + 1;
    RETURN NULL;
END
$$;
"""
TRIGGER = """
CREATE TRIGGER raises_revision AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION keys_raise_gateway_revision();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER raises_revision;
"""
TABLES = ("keys_gatewaycredential", "keys_gatewaysecret")


class Migration(migrations.Migration):
    dependencies = [("keys", "0005_keys_in_full"), ("audit", "0003_guard")]
    operations = [
        protect("keys_deliverylink", KEY_OF),
        protect("keys_leakreport", f"{KEY_OF} UNION ALL {GATEWAY_OF}"),
        protect("keys_savedview", "SELECT $1->>'uid'"),
        revoke("DELETE, TRUNCATE", ["keys_deliverylink", "keys_leakreport"]),
        migrations.RunSQL(
            RAISE + "".join(TRIGGER.format(table=table) for table in TABLES),
            "".join(f"DROP TRIGGER raises_revision ON {table};" for table in TABLES)
            + "DROP FUNCTION keys_raise_gateway_revision();",
        ),
        # Retention takes whole days away; TRUNCATE would take everything.
        revoke("TRUNCATE", ["keys_decisionhour", "keys_decisionminute", "keys_secrethour", "keys_refusal"]),
    ]
