"""What each plan limits to begin with: one blocking rate per minute, with a burst, for each API version."""

from django.db import migrations
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

# plan, requests a minute and burst of v1 and of v2
RATES = [
    ("pilot", (60, 10), (30, 5)),
    ("standard", (300, 60), (120, 20)),
    ("enterprise", (1200, 200), (600, 100)),
]


def add_limits(apps, schema_editor):
    LimitRule, PlanVersion = (
        apps.get_model("keys", "LimitRule"),
        apps.get_model("orgs", "PlanVersion"),
    )
    for code, *rates in RATES:
        plan = PlanVersion.objects.get(plan__code=code, number=1)
        for api_version, (limit, burst) in zip(("v1", "v2"), rates, strict=True):
            LimitRule.objects.create(
                plan_version=plan,
                name=f"{api_version}-minute",
                api_version=api_version,
                limit=limit,
                period_s=60,
                burst=burst,
                effective=DateTimeTZRange(timezone.now(), None, "[)"),
            )


def remove_limits(apps, schema_editor):
    apps.get_model("keys", "LimitRule").objects.filter(plan_version__isnull=False).delete()


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_initial"), ("orgs", "0002_plans")]
    operations = [migrations.RunPython(add_limits, remove_limits)]
