"""A refusal says whether a call was refused, or the gateway only looked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0016_links_are_held")]
    operations = [
        migrations.AddField(
            model_name="refusal", name="is_look_up", field=models.BooleanField(db_default=False, default=False)
        )
    ]
