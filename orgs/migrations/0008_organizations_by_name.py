"""A list in the order of organizations begins at any of them without sorting all."""

from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("orgs", "0007_failed_notices")]
    operations = [
        migrations.AddIndex("organization", models.Index(Upper("name"), models.F("id"), name="organizations_by_name")),
    ]
