"""The form that converts a pilot: the contract after it, and the holds that become reservations."""

from dataclasses import replace
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.http import QueryDict
from django.utils import timezone

from keys.forms import LATEST
from keys.pilot_forms import PilotForm
from metering import currencies, first_days, pilots, rating
from metering.models import Contract
from metering.pilots import ContractTerms, terms_of
from metering.terms import snapshot
from orgs.forms import OptionalReasonForm, Text
from orgs.models import Organization, Reservation

KEEP, NEW, COMING = "keep", "new", "coming"


class ConvertForm(OptionalReasonForm, PilotForm):
    """Keeps the present contract, opens its next version, or lets the one that was prepared for later hold at once.

    `chosen` are the terms and the holds that it was sent.
    """

    chosen: tuple[ContractTerms | None, list[Reservation]] | None = None

    contract = forms.ChoiceField(widget=forms.RadioSelect, initial=KEEP)
    currency = Text(max_length=3, required=False, help_text="Three letters, such as EUR. Only with a new version.")
    anchor_day = forms.IntegerField(
        label="Periods begin on day", required=False, min_value=1, max_value=31, help_text="Of the month."
    )
    included_generations = forms.IntegerField(label="Included generations", required=False, min_value=0)
    first_day = forms.DateField(
        label="It holds from",
        required=False,
        validators=[MaxValueValidator(LATEST)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    holds = forms.ModelMultipleChoiceField(
        Reservation.objects.none(),
        label="Holds that become reservations",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    # What the list of changes beside the form was drawn from.
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = [
        *("contract", "currency", "anchor_day", "included_generations", "first_day", "holds", "reason", "ticket"),
        *("version", "shown"),
    ]

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        present: Contract | None,
        coming: Contract | None = None,
        holds: list[Reservation],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.about(organization)
        kept = f"Keep the present one: {terms_of(present)}" if present else "Keep the present one"
        self.coming = terms_of(coming) if coming else None
        choices = [(KEEP, kept), (NEW, "A new version, with the prices of the present one")]
        if coming:
            since = coming.effective.lower.astimezone(coming.zone)
            choices.append((COMING, f"Version {coming.number} now, not only from {since:%-d %b %Y}: {self.coming}"))
        self.choose_from("contract", choices)
        for name in ("currency", "anchor_day", "included_generations"):
            self.fields[name].initial = getattr(present, name, None)
            self.fields[name].conditional = True  # type: ignore[attr-defined]
        self._offer_first_day(present)
        rows = Reservation.objects.filter(pk__in=[hold.pk for hold in holds]).select_related("pool")
        self.fields["holds"].queryset = rows  # type: ignore[attr-defined]
        self.fields["holds"].initial = [hold.pk for hold in holds]
        self.fields["shown"].initial = _mark(None, holds)
        if not holds:
            del self.fields["holds"]

    def _offer_first_day(self, present: Contract | None) -> None:
        """Fill in today, on the clocks of the organization, or the first day after it that can be."""
        field, zone, now = self.fields["first_day"], self.organization.time_zone, timezone.now()
        base = snapshot(present) if present else rating.UNPRICED
        self.today = now.astimezone(self.organization.zone).date()
        field.initial = first_days.first_free(self.organization, replace(base, time_zone=zone), now=now)
        field.conditional = True  # type: ignore[attr-defined]
        at_once = "Today: at once. " if field.initial == self.today else ""
        field.help_text = f"{at_once}A later day: as it begins, {zone}; the present contract holds until then."

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].upper()
        if currency and not currencies.is_known(currency):
            raise ValidationError("Write the three letters of the currency, such as EUR.")
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("contract") == NEW:
            for name in ("currency", "anchor_day", "included_generations"):
                if cleaned.get(name) in (None, "") and name not in self.errors:
                    self.add_error(name, "A new version says this.")
        if not self.errors:
            self._check_terms()
        if not self.errors:
            self._check_shown(cleaned)
        return cleaned

    def _check_terms(self) -> None:
        """Show no changes that cannot be."""
        if self.terms is None:
            return
        try:
            pilots.next_version(self.organization, self.terms, at=timezone.now())
        except ValidationError as error:
            self.add_error(None, error)

    def _check_shown(self, cleaned: dict[str, Any]) -> None:
        """Convert nothing of which the person has not seen what it changes."""
        self.chosen = self.terms, list(cleaned.get("holds") or ())
        mark = _mark(*self.chosen)
        if cleaned.get("shown") == mark:
            return
        data = cast("QueryDict", self.data).copy()
        data["shown"] = mark
        self.data = data
        self.lead = "Nothing was converted yet."
        self.add_error(None, "This is what changes with what you have chosen. Look at it, and convert once more.")

    @property
    def terms(self) -> ContractTerms | None:
        """What the contract says from then on; None where the present one is kept."""
        data = self.cleaned_data
        if data["contract"] == COMING and self.coming:
            return replace(self.coming, first_day=self._first_day)
        if data["contract"] == NEW:
            said = data["currency"], data["anchor_day"], data["included_generations"]
            return ContractTerms(*said, first_day=self._first_day)
        return None

    @property
    def _first_day(self) -> date | None:
        """The day that was chosen; None for today, whether it is so on the organization's clocks or the contract's."""
        day: date | None = self.cleaned_data.get("first_day")
        return None if day == self.today else day

    @property
    def wanted(self) -> dict[str, Any]:
        return {"terms": self.terms, "holds": list(self.cleaned_data.get("holds") or ()), **self.why}


def _mark(terms: ContractTerms | None, holds: list[Reservation]) -> str:
    return " ".join([str(terms), *sorted(hold.uid for hold in holds)])
