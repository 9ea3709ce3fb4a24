"""The trail's table, and how text becomes words that can be looked for."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

import audit.models
import audit.uuid7

# The same function cuts what is stored and what is asked for, so that render-farm, SUP-123 and a key's prefix are found
# whole or by their beginnings; PostgreSQL's own parser reads -123 and 12e5 as numbers.
WORDS = """
CREATE FUNCTION audit_words(content text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(left(word, 200) ORDER BY position), '{}')
    FROM unnest(regexp_split_to_array(lower(content), '[^[:alnum:]]+')) WITH ORDINALITY AS cut(word, position)
    WHERE word <> ''
$$;

CREATE FUNCTION audit_document(
    sentence text, verb text, actor_id text, actor_label text, organization_label text, target_label text,
    reason text, ticket text, request_id text, names text[], detail jsonb, changes jsonb
) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    SELECT coalesce(string_agg(word || ':' || least(position, 16383), ' '), '')::tsvector
    FROM unnest(audit_words(concat_ws(
        ' ', sentence, verb, actor_id, actor_label, organization_label, target_label, reason, ticket, request_id,
        array_to_string(names, ' '), (SELECT string_agg(value, ' ') FROM jsonb_each_text(detail)),
        (
            SELECT string_agg(side #>> '{}', ' ')
            FROM unnest('{public_id,name,slug,email}'::text[]) AS telling(field),
                jsonb_array_elements(changes -> field) AS pair(side)
        )
    ))) WITH ORDINALITY AS found(word, position)
$$;

CREATE FUNCTION audit_query(content text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    SELECT coalesce(string_agg(array_to_string(audit_words(term), ' <-> ') || ':*', ' & '), '')
    FROM unnest(regexp_split_to_array(content, '[[:space:]]+')) AS asked(term)
    WHERE cardinality(audit_words(term)) > 0
$$;
"""

NO_WORDS = """
DROP FUNCTION audit_query(text);
DROP FUNCTION audit_document(text, text, text, text, text, text, text, text, text, text[], jsonb, jsonb);
DROP FUNCTION audit_words(text);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(WORDS, NO_WORDS),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.uuid7.make,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("schema_version", models.SmallIntegerField(default=1)),
                ("occurred_at", models.DateTimeField()),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=audit.models.ClockTime()),
                ),
                ("verb", models.TextField()),
                ("operation", models.TextField()),
                (
                    "outcome",
                    models.TextField(
                        choices=[
                            ("success", "Success"),
                            ("denied", "Denied"),
                            ("failed", "Failed"),
                        ]
                    ),
                ),
                (
                    "actor_type",
                    models.TextField(
                        choices=[
                            ("staff", "Staff"),
                            ("cli", "Cli"),
                            ("system", "System"),
                            ("gateway", "Gateway"),
                        ]
                    ),
                ),
                ("actor_id", models.TextField(blank=True, default="")),
                ("actor_label", models.TextField()),
                (
                    "actor_roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "auth_methods",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("on_behalf_of", models.TextField(blank=True, default="")),
                ("organization", models.TextField(blank=True, default="")),
                ("organization_label", models.TextField(blank=True, default="")),
                ("target_type", models.TextField()),
                ("target_id", models.TextField()),
                ("target_label", models.TextField()),
                ("further", models.JSONField(blank=True, default=list)),
                (
                    "names",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("changes", models.JSONField(blank=True, default=dict)),
                ("detail", models.JSONField(blank=True, default=dict)),
                ("reason", models.TextField(blank=True, default="")),
                ("ticket", models.TextField(blank=True, default="")),
                ("approval", models.TextField(blank=True, default="")),
                ("request_id", models.TextField(blank=True, default="")),
                ("parent", models.UUIDField(blank=True, null=True)),
                ("address", models.GenericIPAddressField(blank=True, null=True)),
                ("user_agent", models.TextField(blank=True, default="")),
                ("route", models.TextField(blank=True, default="")),
                ("sentence", models.TextField()),
                ("salt", models.BinaryField()),
                ("content_hash", models.BinaryField()),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=audit.models.SearchDocument(
                            "sentence",
                            "verb",
                            "actor_id",
                            "actor_label",
                            "organization_label",
                            "target_label",
                            "reason",
                            "ticket",
                            "request_id",
                            "names",
                            "detail",
                            "changes",
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "txid",
                    audit.models.TransactionId(db_default=audit.models.CurrentTransaction(), editable=False),
                ),
            ],
            options={
                "ordering": ("-occurred_at", "-id"),
                "indexes": [
                    models.Index(fields=["-occurred_at", "-id"], name="event_newest"),
                    models.Index(
                        fields=["actor_id", "-occurred_at", "-id"],
                        name="event_by_actor",
                    ),
                    models.Index(fields=["verb", "-occurred_at", "-id"], name="event_by_verb"),
                    models.Index(
                        fields=["organization", "-occurred_at", "-id"],
                        name="event_by_organization",
                    ),
                    models.Index(
                        fields=["target_id", "-occurred_at", "-id"],
                        name="event_by_target",
                    ),
                    models.Index(
                        condition=models.Q(("request_id", ""), _negated=True),
                        fields=["request_id"],
                        name="event_by_request",
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "success"), _negated=True),
                        fields=["-occurred_at", "-id"],
                        name="event_refused",
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["names"], name="event_names"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="event_search"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["success", "denied", "failed"])),
                        name="event_has_a_known_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_type__in", ["staff", "cli", "system", "gateway"])),
                        name="event_has_a_known_actor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verb__regex", "^[a-z_]+\\.[a-z_]+$")),
                        name="event_verb_is_noun_verb",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("names__len__gt", 0)),
                        name="event_names_something",
                    ),
                ],
            },
        ),
    ]
