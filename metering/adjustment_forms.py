"""What people write when they ask for an adjustment, and when they decide about one."""

from typing import Any, cast

from django import forms

from audit import trail
from metering.adjustment_rules import LONGEST_TEXT
from metering.models import AdjustmentRequest, BillingPeriod
from orgs.forms import OptionalReasonForm, ReasonForm, Text
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

Kind = AdjustmentRequest.Kind
MONEY = [(Kind.CREDIT, "Credit"), (Kind.CHARGE, "Charge"), (Kind.CORRECTION, "Correction")]
LABEL = "Its label, such as 2026-11."


class AskForm(ReasonForm):
    """An amount on the bill of one organization's period."""

    organization = forms.ModelChoiceField(Organization.objects.none(), to_field_name="uid", empty_label="Choose")
    period = Text(max_length=10, help_text=f"{LABEL} It is open or in review.")
    kind = forms.ChoiceField(choices=MONEY, initial=Kind.CREDIT, widget=forms.RadioSelect)
    amount = forms.DecimalField(
        max_digits=18, decimal_places=4, help_text="Without a sign; a correction in the customer’s favour has a minus."
    )
    text = Text(label="What the bill says", max_length=LONGEST_TEXT, help_text="The customer reads this line.")
    original = Text(
        label="About period", max_length=10, required=False, help_text="Where it is about an earlier one: its label."
    )

    field_order = ["organization", "period", "kind", "amount", "text", "original", "reason", "ticket"]

    def __init__(self, *args: Any, request: StaffRequest, **kwargs: Any) -> None:
        super().__init__(*args, request=request, permission=Permission.ADJUSTMENT_ASK, **kwargs)
        theirs = Organization.objects.for_user(request.user, Permission.ADJUSTMENT_ASK).order_by("name")
        cast("forms.ModelChoiceField[Organization]", self.fields["organization"]).queryset = theirs

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if organization := cleaned.get("organization"):
            for name in ("period", "original"):
                if label := cleaned.get(name):
                    cleaned[name] = self._found(organization, name, label)
        return cleaned

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of the action."""
        asked = self.cleaned_data
        named = {name: asked[name] for name in ("period", "kind", "amount", "text")}
        return {**named, "original": asked["original"] or None, **self.why}

    def _found(self, organization: Organization, name: str, label: str) -> BillingPeriod | None:
        rows = organization.billing_periods.select_related("contract", "organization")
        found = rows.filter(label=label).first()
        if found is None:
            self.add_error(name, f"{organization} has no period {label}.")
        return found


class VoidForm(ReasonForm):
    """Why a generation is not to be billed."""


class ApproveForm(OptionalReasonForm):
    """A word to the decision, where there is one; the ticket is the request's."""

    reason = Text(label="Note", max_length=trail.LONGEST_REASON, required=False, help_text="Stands in the audit log.")
    ticket = None  # type: ignore[assignment]


class DeclineForm(ReasonForm):
    """Why the bill stays as it is; the ticket is the request's."""

    ticket = None  # type: ignore[assignment]
