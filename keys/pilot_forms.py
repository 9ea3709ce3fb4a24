"""The forms of a pilot: what is agreed on, until when it lasts, and why it ends."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator

from keys import criteria, pilot_ends, pilot_limits, pilots
from keys.forms import LATEST
from keys.models import Pilot
from keys.pilot_limits import Agreed
from orgs import plans, texts
from orgs.forms import ActionForm, OptionalReasonForm, ReasonForm
from orgs.models import Organization, PlanVersion
from orgs.policy import Permission

NO_PLAN = ""


class PilotForm(ActionForm):
    """Carries the version of the organization that the person saw; `beyond` is what the policy leaves to others."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    organization: Organization

    def about(self, organization: Organization) -> None:
        """Say whose pilot it is."""
        self.organization = organization
        self.fields["version"].initial = organization.version

    def clean_version(self) -> int:
        seen: int = self.cleaned_data["version"]
        if seen != self.organization.version:
            self.see_newer(self.organization.version)
            raise ValidationError("Somebody changed this organization meanwhile. Look again before you go on.")
        return seen

    @property
    def beyond(self) -> bool:
        """Whether the person may go beyond the policy."""
        return bool(self.request.staff.can(Permission.PILOT_EXCEED, self.organization))  # type: ignore[attr-defined]


class AgreedForm(OptionalReasonForm, PilotForm):
    """What the customer may do, what the pilot has to show, and the plan after it."""

    generation_cap = forms.IntegerField(
        label="Generations in all",
        required=False,
        min_value=1,
        help_text="Beyond it calls are refused until the pilot ends. Empty: no cap.",
    )
    running_jobs = forms.IntegerField(
        required=False, min_value=1, help_text="At once. Empty: as the plan says.", label="Running jobs"
    )
    lines = forms.CharField(
        label="What it has to show",
        required=False,
        max_length=criteria.MOST * (criteria.LONGEST + 2),
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[texts.several_lines],
        help_text="A line each: 2,000 generations · p95 under 12 s · 98 % succeed. Any other line a person ticks.",
    )
    production_plan = forms.ChoiceField(label="Plan after it", required=False)

    field_order = [
        *("starts_on", "days", "generation_cap", "rate_v1", "rate_v2", "running_jobs", "lines", "production_plan"),
        *("reason", "ticket", "version"),
    ]

    def __init__(self, *args: Any, organization: Organization, pilot: Pilot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about(organization)
        for api_version in organization.plan_version.api_versions:
            self.fields[f"rate_{api_version}"] = _rate_field(api_version)
        self.choose_from("production_plan", _plans(pilot))
        self.order_fields(self.field_order)
        if pilot is not None:
            self.initial = {**_shown(pilot), **self.initial}

    def clean_lines(self) -> list[criteria.Criterion]:
        try:
            return criteria.read(self.cleaned_data["lines"])
        except criteria.Unreadable as error:
            raise ValidationError(str(error)) from error

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of the action that the form answers."""
        versions = self.organization.plan_version.api_versions
        rates = {version: rate for version in versions if (rate := self.cleaned_data.get(f"rate_{version}"))}
        chosen = self.cleaned_data["production_plan"]
        return {
            "agreed": Agreed(self.cleaned_data["generation_cap"], rates, self.cleaned_data["running_jobs"]),
            "lines": self.cleaned_data["lines"],
            "production_plan": PlanVersion.objects.get(pk=int(chosen)) if chosen else None,
            "beyond_policy": self.beyond,
            **self.why,
        }


class BeginForm(AgreedForm):
    """The same, with when it begins and how long it lasts."""

    starts_on = forms.DateField(
        label="Begins on",
        required=False,
        validators=[MaxValueValidator(LATEST)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    days = forms.IntegerField(label="Lasts days", initial=pilots.USUAL_LENGTH.days, min_value=1, max_value=366)

    aliases = {"ends_at": "days"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.organization.time_zone
        self.fields["starts_on"].help_text = f"At the beginning of that day, {zone}. Empty: at once."
        if not self.beyond:
            self.fields["days"].help_text = f"At most {pilots.POLICY_LENGTH.days}; longer an administrator agrees."

    @property
    def wanted(self) -> dict[str, Any]:
        day = self.cleaned_data["starts_on"]
        return {
            **super().wanted,
            "starts_at": _begin_of(day, self.organization) if day else None,
            "length": timedelta(days=self.cleaned_data["days"]),
        }


class ExtendPilotForm(ReasonForm, PilotForm):
    """Until when it is to last."""

    ends_on = forms.DateField(
        label="Last day",
        validators=[MaxValueValidator(LATEST)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    field_order = ["ends_on", "reason", "ticket", "version"]
    aliases = {"ends_at": "ends_on"}

    def __init__(self, *args: Any, pilot: Pilot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about(pilot.organization)
        last, zone = f"{pilot_ends.policy_end(pilot):%-d %b %Y}", pilot.organization.time_zone
        beyond = (
            "longer is beyond the policy, and you may agree on it" if self.beyond else "longer an administrator agrees"
        )
        policy = f"At most {pilots.POLICY_LENGTH.days} days in all, up to {last}; {beyond}."
        self.fields["ends_on"].help_text = f"Calls pass until the end of that day, {zone}. {policy}"

    @property
    def wanted(self) -> dict[str, Any]:
        after = self.cleaned_data["ends_on"] + timedelta(days=1)
        return {"ends_at": _begin_of(after, self.organization), "beyond_policy": self.beyond, **self.why}


class CancelPilotForm(ReasonForm, PilotForm):
    field_order = ["reason", "ticket", "version"]

    def __init__(self, *args: Any, pilot: Pilot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about(pilot.organization)


def _rate_field(api_version: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=f"{api_version} requests a minute",
        required=False,
        min_value=1,
        max_value=pilot_limits.MOST_A_MINUTE,
        help_text="Empty: as the plan says.",
    )


def _plans(pilot: Pilot | None) -> list[tuple[str, str]]:
    """The newest version of each plan that is no pilot's, and the one that was chosen."""
    newest = {}
    for version in PlanVersion.objects.exclude(plan__code=plans.PILOT).select_related("plan"):
        newest[version.plan_id] = version
    chosen = [pilot.production_plan] if pilot and pilot.production_plan else []
    found = {version.pk: str(version) for version in [*newest.values(), *chosen]}
    return [(NO_PLAN, "not chosen yet"), *((str(pk), name) for pk, name in found.items())]


def _shown(pilot: Pilot) -> dict[str, Any]:
    zone = pilot.organization.zone
    return {
        "generation_cap": pilot.generation_cap,
        "running_jobs": pilot.running_jobs,
        "lines": criteria.written(row.line for row in pilot.criteria.all()),
        "production_plan": str(pilot.production_plan_id or NO_PLAN),
        "starts_on": pilot.starts_at.astimezone(zone).date() if pilot.state == Pilot.State.DRAFT else None,
        "days": max((pilot.ends_at - pilot.starts_at).days, 1),
        **{f"rate_{version}": rate for version, rate in pilot.rates.items()},
    }


def _begin_of(day: date, organization: Organization) -> datetime:
    return datetime.combine(day, time(), tzinfo=organization.zone).astimezone(UTC)
