"""Billing makes periods final and answers for contracts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0013_quotas_are_told")]
    operations = [
        migrations.AlterField(
            model_name="roleassignment",
            name="role",
            field=models.CharField(
                choices=[
                    ("administrator", "Administrator"),
                    ("key_admin", "Key admin"),
                    ("account_manager", "Account manager"),
                    ("viewer", "Viewer"),
                    ("billing", "Billing"),
                ],
                max_length=24,
            ),
        ),
    ]
