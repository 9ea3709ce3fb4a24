"""How many adjustments of a period nobody has decided yet: what is left undecided would not be on its bill."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0021_days_are_summed_anew")]
    operations = [migrations.AddField("periodcheck", "undecided", models.PositiveIntegerField(default=0))]
