"""A customer is an actor too: whoever holds a one-time link."""

from django.db import migrations, models

TYPES = ["staff", "cli", "system", "gateway", "customer"]


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_guard")]
    operations = [
        migrations.AlterField(
            model_name="event",
            name="actor_type",
            field=models.TextField(choices=[(each, each.capitalize()) for each in TYPES]),
        ),
        migrations.RemoveConstraint(model_name="event", name="event_has_a_known_actor"),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(condition=models.Q(actor_type__in=TYPES), name="event_has_a_known_actor"),
        ),
    ]
