import zoneinfo
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from audit import trail
from orgs import plans, policy, proof, texts
from orgs.models import Contact, Notice, Organization, Staff
from orgs.policy import Permission, Role
from orgs.requests import StaffRequest

# Who may be the account manager of an organization.
MANAGING = (Role.ACCOUNT_MANAGER, Role.ADMINISTRATOR)


class Text(forms.CharField):
    """One line of text without control characters, marks that turn its direction, or a whole key."""

    default_validators = [*forms.CharField.default_validators, texts.one_line]


class ActionForm(forms.Form):
    """A form whose values become one action; what the action returned stands in `result` afterwards."""

    result: Any = None
    # Said above the errors in place of the page's own words.
    lead = ""
    # What an action calls a field that stands under another name here.
    aliases: ClassVar[dict[str, str]] = {}

    def field_for(self, name: str) -> str | None:
        """Return the field that an action's complaint about `name` belongs to; None for the form as a whole."""
        name = self.aliases.get(name, name)
        return name if name in self.fields else None

    def choose_from(self, field: str, choices: Sequence[tuple[str, str]]) -> None:
        """Fill the list of a field."""
        cast("forms.ChoiceField", self.fields[field]).choices = choices

    def see_newer(self, version: int) -> None:
        """Carry the newer version from now on, so that the next attempt is made with it in sight."""
        data = cast("QueryDict", self.data).copy()
        data["version"] = str(version)
        self.data = data


class ProvenForm(ActionForm):
    """A form that asks for the password where the permission needs a proof that the session does not hold."""

    def __init__(
        self, *args: Any, request: StaffRequest, permission: Permission, obj: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.permission = request, permission
        if request.staff.must_prove(permission, obj):
            self.fields["password"] = forms.CharField(
                label="Your password",
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
                help_text="This step asks again who you are. The proof lasts 10 minutes.",
            )

    def clean(self) -> dict[str, Any]:
        """Check the password last, so that a typing error elsewhere costs no attempt."""
        cleaned: dict[str, Any] = super().clean() or {}
        password = cleaned.pop("password", None)
        if self.errors or "password" not in self.fields:
            return cleaned
        if not password or not proof.prove(self.request, password=password, actor=self.request.actor):
            self.add_error("password", "That is not your password, or you tried too often. Nothing was changed.")
        return cleaned


class ReasonForm(ProvenForm):
    """Why, and under which ticket; for the audit log."""

    reason = Text(max_length=trail.LONGEST_REASON, help_text="Stands in the audit log.")
    ticket = Text(max_length=trail.LONGEST_TICKET, required=False, help_text="Such as SUP-2214.")

    @property
    def why(self) -> dict[str, str]:
        return {"reason": self.cleaned_data["reason"], "ticket": self.cleaned_data["ticket"]}


class OptionalReasonForm(ReasonForm):
    """The same where the verb does not require a reason."""

    reason = Text(max_length=trail.LONGEST_REASON, required=False)


class OrganizationForm(ActionForm):
    """What can be said of an organization; only the fields that the person may set are there."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = Text(max_length=120)
    legal_name = Text(max_length=200, required=False)
    account_manager = forms.ModelChoiceField(Staff.objects.none(), required=False, empty_label="nobody")
    time_zone = Text(
        max_length=64, initial="UTC", help_text="Billing periods begin at its midnight. Such as Europe/Lisbon."
    )
    crm_ref = Text(label="CRM reference", max_length=80, required=False)
    purchase_order = Text(max_length=80, required=False)
    renewal_on = forms.DateField(
        label="Renewal date", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    notes = forms.CharField(
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[texts.several_lines],
    )

    def __init__(self, *args: Any, user: Staff, organization: Organization | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        cast("forms.ModelChoiceField[Staff]", self.fields["account_manager"]).queryset = Staff.objects.filter(
            is_active=True
        )
        self.fields["time_zone"].widget.attrs["list"] = "time-zones"
        if not policy.can(user, Permission.ORGANIZATION_ASSIGN, organization):
            del self.fields["account_manager"]

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        # Two names in the list are no place: one is whatever the machine says, the other nothing.
        if name not in zoneinfo.available_timezones() - {"localtime", "Factory"}:
            raise ValidationError("There is no such time zone. Write it as in Europe/Lisbon or UTC.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        seen = cleaned.pop("version", None)
        if self.organization and seen != self.organization.version:
            self.see_newer(self.organization.version)
            self.add_error(None, "Somebody changed this organization meanwhile. Nothing was saved; check, save again.")
        return cleaned


class NewOrganizationForm(OrganizationForm):
    plan = forms.ChoiceField()
    contact_email = forms.EmailField(
        label="Technical contact", required=False, help_text="A team's address is fine. More contacts can follow."
    )

    field_order = ["name", "legal_name", "plan", "account_manager", "time_zone", "contact_email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from("plan", plans.choices())
        self.fields["plan"].initial = "standard"
        del self.fields["version"]


class PlanForm(ReasonForm):
    plan = forms.ChoiceField()

    field_order = ["plan", "reason", "ticket"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from("plan", plans.choices())


class NoticesForm(ActionForm):
    """The kinds of notices that the contacts of an organization get."""

    told = forms.MultipleChoiceField(
        label="They are told when",
        required=False,
        choices=Notice.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    @property
    def muted(self) -> list[str]:
        """The kinds that they do not get."""
        return [kind for kind in Notice.Kind.values if kind not in self.cleaned_data["told"]]


class ContactForm(ActionForm):
    kind = forms.ChoiceField(choices=Contact.Kind.choices)
    email = forms.EmailField(label="E-mail")
    name = Text(max_length=120, required=False)
