"""Contacts are told how much of what their contract includes, or commits them to, is used."""

from django.db import migrations, models

KINDS = [
    ("key_issued", "A key is issued"),
    ("key_rotated", "A key gets a new secret"),
    ("key_paused", "A key is paused or works again"),
    ("key_revoked", "A key is revoked"),
    ("key_expiring", "A key expires in 30, 14, 7 or 1 days"),
    ("key_expired", "A key has expired"),
    ("organization_suspended", "The organization is suspended or reinstated"),
    ("limit_changed", "A limit or the plan changes"),
    ("quota_used", "A quota is used up to a step at which it warns"),
    ("pilot_changed", "A pilot starts, changes, is extended, converted or cancelled"),
    ("pilot_ending", "A pilot ends in 14, 7 or 1 days, has ended, or has used 80 % of its cap"),
    ("statement_issued", "A statement or a credit note is issued"),
    ("usage_reached", "Included generations or the minimum are used up to 50, 80, 95 or 100 %"),
]


class Migration(migrations.Migration):
    dependencies = [("orgs", "0016_statements_are_mailed")]
    operations = [
        migrations.AlterField(model_name="notice", name="kind", field=models.CharField(choices=KINDS, max_length=24)),
    ]
