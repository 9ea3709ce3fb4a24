"""What people write when they ask for an adjustment, and when they decide about one."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils import timezone

from audit import trail
from metering import voiding
from metering.adjustment_rules import LONGEST_TEXT
from metering.models import AdjustmentRequest, BillingPeriod
from metering.models.periods import BillingPeriodQuerySet
from orgs.forms import OptionalReasonForm, ReasonForm, Text
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

Kind = AdjustmentRequest.Kind
MONEY = [(Kind.CREDIT, "Credit"), (Kind.CHARGE, "Charge"), (Kind.CORRECTION, "Correction")]
OTHER = "It takes nothing any more, or is not a period of this organization. Choose another one."


class PeriodField(forms.ModelChoiceField):
    """A billing period of the organization that was chosen; there is none before."""

    def __init__(self, **kwargs: Any) -> None:
        errors = {"required": "Choose a period.", "invalid_choice": OTHER}
        none = BillingPeriod.objects.none()
        super().__init__(none, to_field_name="label", error_messages=errors, **kwargs)

    def offer(self, periods: BillingPeriodQuerySet, *, empty: str) -> None:
        """Offer these, and first of all none of them, in the words of `empty`."""
        self.queryset, self.empty_label = periods, empty

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.called}, {obj.get_state_display().lower()}, {obj.contract.currency}"


class AskForm(ReasonForm):
    """An amount on the bill of one organization's period; `chosen` is that organization, None where none is yet."""

    organization = forms.ModelChoiceField(Organization.objects.none(), to_field_name="uid", empty_label="Choose")
    period = PeriodField(label="On the bill of", empty_label="Choose the organization first")
    original = PeriodField(label="About period", empty_label="The same", required=False)
    kind = forms.ChoiceField(choices=MONEY, initial=Kind.CREDIT, widget=forms.RadioSelect)
    amount = forms.DecimalField(
        max_digits=18, decimal_places=4, help_text="Without a sign; a correction in the customer’s favour has a minus."
    )
    text = Text(label="What the bill says", max_length=LONGEST_TEXT, help_text="The customer reads this line.")

    field_order = ["organization", "period", "original", "kind", "amount", "text", "reason", "ticket"]

    def __init__(self, *args: Any, request: StaffRequest, **kwargs: Any) -> None:
        super().__init__(*args, request=request, permission=Permission.ADJUSTMENT_ASK, **kwargs)
        theirs = Organization.objects.for_user(request.user, Permission.ADJUSTMENT_ASK).order_by("name")
        cast("forms.ModelChoiceField[Organization]", self.fields["organization"]).queryset = theirs
        given = str((self.data if self.is_bound else self.initial).get("organization", "")).replace("\x00", "")
        self.chosen = theirs.filter(uid=given).first()
        if self.chosen is not None:
            self._offer(self.chosen, at=timezone.now())

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of the action."""
        asked = self.cleaned_data
        named = {name: asked[name] for name in ("period", "original", "kind", "amount", "text")}
        return {**named, **self.why}

    def _offer(self, organization: Organization, *, at: datetime) -> None:
        """Offer the periods that take an amount, those that it may be about, and say in which currency it is."""
        rows = BillingPeriod.objects.filter(organization=organization).select_related("contract", "organization")
        taking = rows.filter(state__in=voiding.COUNTING).order_by("span")
        cast("PeriodField", self.fields["period"]).offer(taking, empty="Choose" if taking else "None takes an amount")
        begun = rows.filter(span__startswith__lte=at).order_by("-span")
        cast("PeriodField", self.fields["original"]).offer(begun, empty="The same")
        if currencies := sorted({period.contract.currency for period in taking}):
            self.fields["amount"].label = f"Amount in {' or '.join(currencies)}"


class VoidForm(ReasonForm):
    """Why a generation is not to be billed."""


class ApproveForm(OptionalReasonForm):
    """A word to the decision, where there is one; the ticket is the request's."""

    reason = Text(label="Note", max_length=trail.LONGEST_REASON, required=False, help_text="Stands in the audit log.")
    ticket = None  # type: ignore[assignment]


class DeclineForm(ReasonForm):
    """Why the bill stays as it is; the ticket is the request's."""

    ticket = None  # type: ignore[assignment]
