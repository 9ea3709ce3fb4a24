"""A million keys can be listed: each has its latest use in a row of its own, and every order has its index."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Coalesce, Upper

from keys.endless import Epoch, Infinity

# By triggers, because whoever writes a use or a key, in bulk or one by one, need not know of it. Rows are locked in
# their order, so that two flushes cannot wait for each other.
KEEP = """
INSERT INTO keys_keyuse (key_id, last_used_at)
SELECT k.id, max(u.last_used_at) FROM keys_apikey k
LEFT JOIN keys_keysecret s ON s.key_id = k.id LEFT JOIN keys_secretuse u ON u.secret_id = s.id GROUP BY k.id;

CREATE FUNCTION keys_begin_key_use() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO keys_keyuse (key_id) SELECT id FROM made ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE FUNCTION keys_note_key_use() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM keys_keyuse
    WHERE key_id IN (SELECT s.key_id FROM noted JOIN keys_keysecret s ON s.id = noted.secret_id)
    ORDER BY key_id FOR UPDATE;
    UPDATE keys_keyuse AS known SET last_used_at = latest.at
    FROM (
        SELECT s.key_id, max(noted.last_used_at) AS at
        FROM noted JOIN keys_keysecret s ON s.id = noted.secret_id GROUP BY s.key_id
    ) AS latest
    WHERE known.key_id = latest.key_id AND (known.last_used_at IS NULL OR known.last_used_at < latest.at);
    RETURN NULL;
END
$$;

CREATE TRIGGER begins_key_use AFTER INSERT ON keys_apikey
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION keys_begin_key_use();
CREATE TRIGGER notes_key_use AFTER INSERT ON keys_secretuse
    REFERENCING NEW TABLE AS noted FOR EACH STATEMENT EXECUTE FUNCTION keys_note_key_use();
CREATE TRIGGER renews_key_use AFTER UPDATE ON keys_secretuse
    REFERENCING NEW TABLE AS noted FOR EACH STATEMENT EXECUTE FUNCTION keys_note_key_use();
ALTER TABLE keys_apikey ENABLE ALWAYS TRIGGER begins_key_use;
ALTER TABLE keys_secretuse ENABLE ALWAYS TRIGGER notes_key_use;
ALTER TABLE keys_secretuse ENABLE ALWAYS TRIGGER renews_key_use;
"""
FORGET = """
DROP TRIGGER renews_key_use ON keys_secretuse;
DROP TRIGGER notes_key_use ON keys_secretuse;
DROP TRIGGER begins_key_use ON keys_apikey;
DROP FUNCTION keys_note_key_use();
DROP FUNCTION keys_begin_key_use();
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0010_delivery_verifier")]
    operations = [
        migrations.CreateModel(
            name="KeyUse",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="latest_use",
                        serialize=False,
                        to="keys.apikey",
                    ),
                ),
                ("last_used_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(Coalesce("last_used_at", Epoch()), models.F("key"), name="key_uses_by_time")]
            },
        ),
        migrations.RunSQL(KEEP, FORGET),
        migrations.AddIndex("apikey", models.Index(Upper("name"), models.F("id"), name="keys_by_name")),
        migrations.AddIndex(
            "apikey", models.Index(Coalesce("expires_at", Infinity()), models.F("id"), name="keys_by_expiry")
        ),
        migrations.AddIndex("apikey", models.Index(fields=["created_at", "id"], name="keys_by_creation")),
        migrations.AddIndex("apikey", models.Index(fields=["created_by", "created_at"], name="keys_by_creator")),
        migrations.AddIndex(
            "apikey",
            models.Index(
                fields=["id"], condition=models.Q(rotate_every__isnull=False), name="keys_that_rotate_by_plan"
            ),
        ),
        migrations.AddIndex(
            "apikey",
            django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(Upper("name"), name="gin_trgm_ops"), name="keys_by_part_of_name"
            ),
        ),
    ]
