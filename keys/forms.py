from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.utils import timezone

from keys import lifetimes, repeats
from keys.delivery_forms import HandoverMixin
from keys.gateways import GatewayCredential, Scope, default_scopes
from keys.models import ApiKey
from keys.terms import NetworksMixin, TermsMixin
from orgs.forms import ActionForm, OptionalReasonForm, ReasonForm, Text
from orgs.models import Organization

EXPIRIES = [30, 90, 180, 365, 730]
ON_A_DAY, NEVER = "day", "never"
# A date beyond anybody's plans; the calendar itself ends in 9999.
LATEST = date(2999, 12, 31)


class ExpiryMixin(ActionForm):
    """When a credential expires: after so many days, on a day of one's own, or never where the plan allows it."""

    expires = forms.ChoiceField()
    expires_on = forms.DateField(
        label="On the day",
        required=False,
        validators=[MaxValueValidator(LATEST)],
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="At the end of that day, UTC. Only with “on a day”.",
    )

    def offer(self, *, usual: int | None, longest: int | None) -> None:
        """Fill the list with what is allowed; `usual` days is the choice to begin with, None is never."""
        days = sorted({each for each in (*EXPIRIES, usual or 0) if each and (longest is None or each <= longest)})
        choices = [(str(each), f"in {each} days") for each in days] + [(ON_A_DAY, "on a day")]
        if longest is None:
            choices.append((NEVER, "never"))
        self.choose_from("expires", choices)
        self.fields["expires"].initial = str(usual) if usual else NEVER

    def field_for(self, name: str) -> str | None:
        """A complaint about the expiry belongs to the field that was filled in."""
        if name != "expires_at":
            return super().field_for(name)
        return "expires_on" if self.cleaned_data.get("expires") == ON_A_DAY else "expires"

    @property
    def expires_at(self) -> datetime | None:
        """The time that was chosen; None for never."""
        chosen = self.cleaned_data["expires"]
        if chosen == NEVER:
            return None
        if chosen == ON_A_DAY:
            day = self.cleaned_data["expires_on"]
            return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone()) + timedelta(days=1)
        return timezone.now() + timedelta(days=int(chosen))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("expires") == ON_A_DAY and not cleaned.get("expires_on") and "expires_on" not in self.errors:
            self.add_error("expires_on", "Choose the day.")
        return cleaned


class IssueForm(OptionalReasonForm, TermsMixin, ExpiryMixin, HandoverMixin):
    name = Text(max_length=80, help_text="What runs with it, such as render-farm-prod.")
    environment = forms.ChoiceField(choices=ApiKey.Environment.choices, initial="live", widget=forms.RadioSelect)
    api_versions = forms.MultipleChoiceField(label="API versions", widget=forms.CheckboxSelectMultiple)
    purpose = Text(max_length=200, required=False)

    field_order = [
        "name",
        "environment",
        "api_versions",
        "expires",
        "expires_on",
        "purpose",
        "allowed_cidrs",
        "not_before",
        "rotate_every",
        "reason",
        "ticket",
        "password",
    ]

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = organization.plan_version
        self.offer(usual=plan.default_key_days, longest=plan.longest_key_days)
        self.offer_rotations()
        self.fields["expires"].help_text = self._told(organization)
        self.choose_from("api_versions", [(each, each) for each in plan.api_versions])
        self.fields["api_versions"].initial = plan.api_versions
        self.offer_handover(organization)
        self.organization = organization

    def clean(self) -> dict[str, Any]:
        # Before the password is asked: the secret that was lost needs none.
        name, environment = self.cleaned_data.get("name"), self.cleaned_data.get("environment")
        if name and environment and self._was_issued(name.strip(), environment):
            self.lead = "No second key was issued."
            said = "You issued a key of this name just now; its secret is not shown again."
            self.add_error("name", f"{said} If it is lost, rotate that key.")
        return super().clean()

    def _was_issued(self, name: str, environment: str) -> bool:
        return repeats.issued(self.organization, environment=environment, name=name, actor=self.request.actor)

    @staticmethod
    def _told(organization: Organization) -> str:
        plan = organization.plan_version
        usual = lifetimes.default_expiry(plan, now=timezone.now())
        allowed = f"The plan allows {plan.longest_key_days} days." if plan.longest_key_days else ""
        return f"By default on {usual:%-d %b %Y}. {allowed}".strip()

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of `actions.issue_key` that the form answers."""
        kept = {name: self.cleaned_data[name] for name in ("name", "environment", "api_versions", "purpose")}
        return {**kept, **self.terms, **self.why, "expires_at": self.expires_at}


class VersionedForm(ActionForm):
    """Carries the version of the key that the person saw, so that nobody acts on another state than they looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean_version(self) -> int:
        seen: int = self.cleaned_data["version"]
        key: ApiKey = self.key  # type: ignore[attr-defined]
        if seen != key.version:
            self.see_newer(key.version)
            raise ValidationError(self.changed_meanwhile())
        return seen

    def changed_meanwhile(self) -> str:
        """Say why another state than the one that was looked at is not acted on."""
        return "Somebody changed this key meanwhile. Look again before you go on."


class RevokeForm(ReasonForm):
    code = forms.ChoiceField(label="Kind of reason", choices=[("", "Choose one"), *ApiKey.RevokeCode.choices])

    field_order = ["code", "reason", "ticket", "password"]


class GatewayForm(OptionalReasonForm, NetworksMixin, ExpiryMixin):
    name = Text(max_length=80, help_text="Such as gw-lisbon-1.")
    environment = forms.ChoiceField(choices=GatewayCredential.Environment.choices, widget=forms.RadioSelect)
    allowed_cidrs = forms.CharField(
        label="Addresses",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Networks that it may call from, one a line, such as 203.0.113.0/24. Empty: from anywhere.",
    )

    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=Scope.choices,
        initial=default_scopes,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="A gateway needs the first three, which it gets where none is chosen; a scanner the last alone.",
    )

    field_order = [
        "name",
        "environment",
        "scopes",
        "allowed_cidrs",
        "expires",
        "expires_on",
        "reason",
        "ticket",
        "password",
    ]

    def __init__(self, *args: Any, environments: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(usual=None, longest=None)
        self.choose_from("environment", environments)
        self.fields["environment"].initial = environments[0][0]

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of `actions.create_gateway` that the form answers."""
        kept = {name: self.cleaned_data[name] for name in ("name", "environment", "scopes")}
        return {
            **kept,
            **self.why,
            "allowed_cidrs": self.networks_asked,
            "expires_at": self.expires_at,
        }


class RevokeGatewayForm(ReasonForm):
    """Why a gateway credential is revoked."""
