"""Who called from an address is found by it, whatever number of secrets there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0008_expiry_marks")]
    operations = [
        migrations.AddIndex("secrethour", models.Index(fields=["address", "-hour"], name="secret_hours_by_address")),
        migrations.AlterField(
            "secretuse",
            "address",
            models.GenericIPAddressField(null=True, blank=True, db_index=True),
        ),
    ]
