"""Which plan versions there are to choose from."""

from django.core.exceptions import ValidationError

from orgs.models import PlanVersion

PILOT = "pilot"


def latest(code: str) -> PlanVersion:
    """Return the newest version of the plan; raises ValidationError where there is no such plan."""
    version = PlanVersion.objects.select_related("plan").filter(plan__code=code).order_by("-number").first()
    if version is None:
        known = PlanVersion.objects.order_by("plan_id").values_list("plan__code", flat=True).distinct()
        raise ValidationError({"plan": f"There is no plan “{code}”. Plans: {', '.join(dict.fromkeys(known))}."})
    return version


def choices() -> list[tuple[str, str]]:
    """Return (code, name) of every plan, in the order in which they were made."""
    return list(dict.fromkeys(PlanVersion.objects.order_by("plan_id").values_list("plan__code", "plan__name")))
