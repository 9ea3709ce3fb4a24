"""Refused calls are found without reading what was admitted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0023_job_lengths")]
    operations = [
        migrations.AddIndex(
            model_name="decisionhour",
            index=models.Index(condition=~models.Q(code="VALID"), fields=["hour"], name="refused_hours"),
        ),
    ]
