"""What a pilot has to show, its own limits, the plan after it, and how far its end was told."""

import django.db.models.deletion
from django.db import migrations, models

import orgs.texts

# Free text until now: a line each, for a person to tick.
LINES = """
INSERT INTO keys_pilotcriterion (pilot_id, position, kind, text, ticked_by)
SELECT p.id, row_number() OVER (PARTITION BY p.id ORDER BY l.ordinality), 'words', left(btrim(l.line), 200), ''
FROM keys_pilot p CROSS JOIN regexp_split_to_table(p.success_criteria, '\\r?\\n') WITH ORDINALITY AS l (line, ordinality)
WHERE btrim(l.line) <> '';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0017_look_ups_are_marked"), ("orgs", "0008_organizations_by_name")]
    operations = [
        migrations.CreateModel(
            name="PilotCriterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("generations", "Generations"),
                            ("latency", "95th percentile of the duration"),
                            ("success", "Share that succeeds"),
                            ("words", "Judged by a person"),
                        ],
                        max_length=12,
                    ),
                ),
                ("goal", models.PositiveBigIntegerField(blank=True, null=True)),
                ("text", models.CharField(blank=True, max_length=200, validators=[orgs.texts.one_line])),
                ("ticked_at", models.DateTimeField(blank=True, null=True)),
                ("ticked_by", models.CharField(blank=True, max_length=200)),
                (
                    "pilot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="criteria", to="keys.pilot"
                    ),
                ),
            ],
            options={
                "ordering": ["pilot_id", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=["pilot", "position"], name="one_criterion_per_line"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("goal__isnull", True), ("kind", "words"), ("text__gt", "")),
                            models.Q(models.Q(("kind", "words"), _negated=True), ("goal__gt", 0), ("text", "")),
                            _connector="OR",
                        ),
                        name="a_criterion_has_a_goal_or_words",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ticked_at__isnull", True), ("ticked_by", "")),
                            models.Q(("kind", "words"), ("ticked_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="only_words_are_ticked",
                    ),
                ],
            },
        ),
        migrations.RunSQL(LINES, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="pilot", name="success_criteria"),
        migrations.AddField(model_name="pilot", name="rates", field=models.JSONField(blank=True, default=dict)),
        migrations.AddField(
            model_name="pilot", name="running_jobs", field=models.PositiveIntegerField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="pilot",
            name="production_plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pilots_to_convert",
                to="orgs.planversion",
            ),
        ),
        migrations.AddField(model_name="pilot", name="settled_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex(
            model_name="pilot",
            index=models.Index(
                condition=models.Q(("state__in", ("active", "extended"))),
                fields=["ends_at"],
                name="pilots_by_their_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="pilot",
            constraint=models.CheckConstraint(
                condition=models.Q(("generation_cap__isnull", True), ("generation_cap__gt", 0), _connector="OR"),
                name="a_pilot_s_cap_lets_something_pass",
            ),
        ),
        migrations.AddConstraint(
            model_name="pilot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at__isnull", True), ("state__in", ("draft", "active", "extended"))),
                    models.Q(("settled_at__isnull", False), ("state__in", ("converted", "expired", "cancelled"))),
                    _connector="OR",
                ),
                name="a_settled_pilot_says_when",
            ),
        ),
        migrations.CreateModel(
            name="PilotMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ends_at", models.DateTimeField(null=True)),
                ("days_before", models.PositiveSmallIntegerField(null=True)),
                ("cap", models.PositiveBigIntegerField(null=True)),
                (
                    "pilot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="mark", to="keys.pilot"
                    ),
                ),
            ],
        ),
    ]
