"""The keys that are paused or revoked are counted without looking at all the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0014_refusals_are_found")]
    operations = [
        migrations.AddIndex(
            "apikey",
            models.Index(fields=["state", "id"], condition=~models.Q(state="active"), name="keys_out_of_use"),
        ),
    ]
