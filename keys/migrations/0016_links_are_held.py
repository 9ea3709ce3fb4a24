"""A secret that was made for nobody yet waits among the one-time links until somebody hands it over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0015_keys_out_of_use")]
    operations = [
        migrations.AddField(
            model_name="deliverylink", name="is_held", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddConstraint(
            model_name="deliverylink",
            constraint=models.CheckConstraint(
                condition=models.Q(is_held=False) | models.Q(ciphertext=None, salt=None, opened_at=None),
                name="a_held_delivery_has_nothing_to_open",
            ),
        ),
    ]
