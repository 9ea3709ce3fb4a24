"""A gateway credential has a version; what is sealed changes only by being sealed again, which needs no event.

The same digest under another key says nothing new about anybody, and a million rows are no million events. So the
guard leaves out a change of these two columns alone, and the application can make it by one function only.
"""

from django.db import migrations, models

from audit.guards import protect

KEY_OF = "SELECT uid FROM keys_apikey WHERE id = ($1->>'key_id')::bigint"
GATEWAY_OF = "SELECT uid FROM keys_gatewaycredential WHERE id = ($1->>'credential_id')::bigint"
TABLES = {"keys_keysecret": KEY_OF, "keys_gatewaysecret": GATEWAY_OF}

# Inside the function below the user is the tables' owner, who alone may.
STAYS = """
CREATE FUNCTION keys_sealed_stays() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'what is sealed in % changes by keys_reseal alone', TG_TABLE_NAME
            USING ERRCODE = 'AX003', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
"""
# A row that changed since it was read is left alone: it is sealed anew already.
RESEAL = """
CREATE FUNCTION keys_reseal(of_gateways boolean, ids bigint[], seen bytea[], sealed bytea[], ring smallint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    IF of_gateways THEN
        UPDATE keys_gatewaysecret s SET digest = u.sealed, ring_id = ring
        FROM unnest(ids, seen, sealed) AS u(id, seen, sealed) WHERE s.id = u.id AND s.digest = u.seen;
    ELSE
        UPDATE keys_keysecret s SET digest = u.sealed, ring_id = ring
        FROM unnest(ids, seen, sealed) AS u(id, seen, sealed) WHERE s.id = u.id AND s.digest = u.seen;
    END IF;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
"""
GUARD = """
DROP TRIGGER audited ON {table};
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR DELETE ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_guard('{names}');
CREATE CONSTRAINT TRIGGER audited_update AFTER UPDATE ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (to_jsonb(OLD) - '{{digest,ring_id}}'::text[] IS DISTINCT FROM to_jsonb(NEW) - '{{digest,ring_id}}'::text[])
EXECUTE FUNCTION audit_guard('{names}');
CREATE TRIGGER sealed_stays BEFORE UPDATE ON {table} FOR EACH ROW
WHEN ((OLD.digest, OLD.ring_id, OLD.public_id) IS DISTINCT FROM (NEW.digest, NEW.ring_id, NEW.public_id))
EXECUTE FUNCTION keys_sealed_stays();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER audited;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER audited_update;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER sealed_stays;
"""
UNGUARD = """
DROP TRIGGER sealed_stays ON {table};
DROP TRIGGER audited_update ON {table};
DROP TRIGGER audited ON {table};
"""


def guarded(table: str, names: str) -> migrations.RunSQL:
    before = protect(table, names)
    return migrations.RunSQL(
        GUARD.format(table=table, names=names.replace("'", "''")), UNGUARD.format(table=table) + str(before.sql)
    )


class Migration(migrations.Migration):
    dependencies = [("keys", "0012_counts_are_let_go"), ("audit", "0003_guard")]
    operations = [
        migrations.AddField("gatewaycredential", "version", models.BigIntegerField(default=1, editable=False)),
        migrations.RunSQL(
            STAYS + RESEAL,
            "DROP FUNCTION keys_reseal(boolean, bigint[], bytea[], bytea[], smallint);"
            "DROP FUNCTION keys_sealed_stays();",
        ),
        *(guarded(table, names) for table, names in TABLES.items()),
    ]
