"""The plans to begin with. What each limits stands in a migration of keys."""

from django.db import migrations
from django.utils import timezone

PLANS = [
    # code, name, a key's usual life, its longest life (days), the longest overlap (hours), while the counter store is down
    ("pilot", "Pilot", 30, 90, 168, "closed"),
    ("standard", "Standard", 365, 365, 168, "open"),
    ("enterprise", "Enterprise", 365, 730, 720, "open"),
]


def add_plans(apps, schema_editor):
    Plan, PlanVersion = (
        apps.get_model("orgs", "Plan"),
        apps.get_model("orgs", "PlanVersion"),
    )
    for code, name, usual, longest, overlap, store_down in PLANS:
        PlanVersion.objects.create(
            plan=Plan.objects.create(code=code, name=name),
            number=1,
            api_versions=["v1", "v2"],
            default_key_days=usual,
            longest_key_days=longest,
            longest_overlap_hours=overlap,
            counter_store_down=store_down,
            published_at=timezone.now(),
        )


def remove_plans(apps, schema_editor):
    apps.get_model("orgs", "PlanVersion").objects.all().delete()
    apps.get_model("orgs", "Plan").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial")]
    operations = [migrations.RunPython(add_plans, remove_plans)]
