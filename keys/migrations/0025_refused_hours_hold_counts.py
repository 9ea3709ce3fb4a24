"""Refused calls are counted from their index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0024_refused_hours")]
    operations = [
        migrations.RemoveIndex(model_name="decisionhour", name="refused_hours"),
        migrations.AddIndex(
            model_name="decisionhour",
            index=models.Index(
                fields=["hour"],
                include=["organization", "key", "api_version", "code", "calls"],
                condition=~models.Q(code="VALID"),
                name="refused_hours",
            ),
        ),
    ]
