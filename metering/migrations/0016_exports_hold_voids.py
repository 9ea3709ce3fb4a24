"""An export of generations holds the voids too, so that it adds up: how far those came stands beside it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0015_adjustments_are_kept")]
    operations = [migrations.AddField("export", "voids", models.PositiveBigIntegerField(null=True))]
