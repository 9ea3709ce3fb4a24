"""The sweep finds the few limits whose beginning or end is to be recorded; only a whole term counts since a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0020_limits_in_full")]
    operations = [
        migrations.RemoveConstraint("limitrule", "only_a_term_counts_since"),
        # Of no window at all the first one said neither yes nor no.
        migrations.AddConstraint(
            "limitrule",
            models.CheckConstraint(
                condition=models.Q(counts_since=None) | models.Q(window="term", window__isnull=False),
                name="only_a_term_counts_since",
            ),
        ),
        migrations.AddIndex(
            "limitrule",
            models.Index(
                fields=["id"],
                condition=models.Q(begun_at__isnull=True, effective__startswith__gt=models.F("created_at")),
                name="limits_yet_to_begin",
            ),
        ),
        migrations.AddIndex(
            "limitrule",
            models.Index(
                fields=["id"],
                condition=models.Q(ended_at__isnull=True, effective__upper_inf=False),
                name="limits_yet_to_end",
            ),
        ),
    ]
