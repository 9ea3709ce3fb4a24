"""What imported credentials begin with is found by an index of those few."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0006_keys_guard")]
    operations = [
        migrations.AddIndex(
            model_name="keysecret",
            index=models.Index(
                fields=["imported_prefix"],
                condition=models.Q(("imported_prefix", ""), _negated=True),
                name="imported_secrets_by_prefix",
            ),
        ),
    ]
