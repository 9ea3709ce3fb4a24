"""A link's token is known again after the secret behind it is gone, so that a guess never looks like a late open."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0009_uses_by_address")]
    operations = [
        migrations.AddField(
            model_name="deliverylink",
            name="verifier",
            field=models.BinaryField(default=b""),
            preserve_default=False,
        ),
    ]
