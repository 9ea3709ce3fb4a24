"""Old receipts, and old hours that still name their callers, are found without reading all the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("keys", "0011_keys_are_listed"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="flushreceipt",
            index=models.Index(fields=["at"], name="flush_receipts_by_time"),
        ),
        migrations.AddIndex(
            model_name="secrethour",
            index=models.Index(
                condition=models.Q(
                    ("address__isnull", False), models.Q(("user_agent", ""), _negated=True), _connector="OR"
                ),
                fields=["hour"],
                name="secret_hours_with_callers",
            ),
        ),
    ]
