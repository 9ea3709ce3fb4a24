"""A refusal is found by the prefix of its key and by its caller's address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("keys", "0013_gateways_are_rotated"),
        ("orgs", "0006_notices"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="refusal",
            index=models.Index(
                condition=models.Q(("public_id", ""), _negated=True), fields=["public_id"], name="refusals_by_prefix"
            ),
        ),
        migrations.AddIndex(
            model_name="refusal",
            index=models.Index(fields=["address"], name="refusals_by_address"),
        ),
    ]
