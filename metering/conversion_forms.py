"""The form that converts a pilot: the contract after it, and the holds that become reservations."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from keys.pilot_forms import PilotForm
from metering.models import Contract
from metering.pilots import ContractTerms, terms_of
from orgs.forms import OptionalReasonForm, Text
from orgs.models import Organization, Reservation

KEEP, NEW = "keep", "new"


class ConvertForm(OptionalReasonForm, PilotForm):
    """Keeps the present contract, or opens its next version."""

    contract = forms.ChoiceField(widget=forms.RadioSelect, initial=KEEP)
    currency = Text(max_length=3, required=False, help_text="Three letters, such as EUR. Only with a new version.")
    anchor_day = forms.IntegerField(
        label="Periods begin on day", required=False, min_value=1, max_value=31, help_text="Of the month."
    )
    included_generations = forms.IntegerField(label="Included generations", required=False, min_value=0)
    holds = forms.ModelMultipleChoiceField(
        Reservation.objects.none(),
        label="Holds that become reservations",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    field_order = ["contract", "currency", "anchor_day", "included_generations", "holds", "reason", "ticket", "version"]

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        present: Contract | None,
        holds: list[Reservation],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.about(organization)
        kept = f"Keep the present one: {terms_of(present)}" if present else "Keep the present one"
        self.choose_from("contract", [(KEEP, kept), (NEW, "A new version from that instant on")])
        for name in ("currency", "anchor_day", "included_generations"):
            self.fields[name].initial = getattr(present, name, None)
            self.fields[name].conditional = True  # type: ignore[attr-defined]
        rows = Reservation.objects.filter(pk__in=[hold.pk for hold in holds]).select_related("pool")
        self.fields["holds"].queryset = rows  # type: ignore[attr-defined]
        self.fields["holds"].initial = [hold.pk for hold in holds]
        if not holds:
            del self.fields["holds"]

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].upper()
        if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise ValidationError("Write the three letters of the currency, such as EUR.")
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("contract") == NEW:
            for name in ("currency", "anchor_day", "included_generations"):
                if cleaned.get(name) in (None, "") and name not in self.errors:
                    self.add_error(name, "A new version says this.")
        return cleaned

    @property
    def terms(self) -> ContractTerms | None:
        """What the contract says from then on; None where the present one is kept."""
        if self.cleaned_data["contract"] == KEEP:
            return None
        data = self.cleaned_data
        return ContractTerms(data["currency"], data["anchor_day"], data["included_generations"])

    @property
    def wanted(self) -> dict[str, Any]:
        return {"terms": self.terms, "holds": list(self.cleaned_data.get("holds") or ()), **self.why}
