"""The editor of a contract as a form: its terms, its price list line by line, from when, and why."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BoundField
from django.http import QueryDict

from keys.limit_fields import NumberField, WallTimeField
from metering import currencies, price_rows, term_rules
from metering.contracts import CHANGED, STALE
from metering.price_rows import Row
from metering.rating import Price, SlaCredit, Terms, Tier
from orgs.forms import ReasonForm, Text

MONTH, NEXT, NOW, AT, CORRECT = "month", "next", "now", "at", "correct"
CREDITS = 4
# What may be wrong while it is clear what the contract is to say.
BESIDE = {NON_FIELD_ERRORS, "reason", "ticket", "password", "when", "at"}


def _amount(label: str, *, help_text: str = "", decimals: int = 4) -> forms.DecimalField:
    """A decimal as people type it, never a float."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num plain"})
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_digits=18,
        decimal_places=decimals,
        help_text=help_text,
        widget=widget,
    )


class ContractForm(ReasonForm):
    """What somebody wants a contract to say, from when on, and why.

    It is saved only once it was reviewed as it is: `reviewed` carries what. Without `is_saving` nobody has to say why.
    `typed` is what was sent so far, where only a row was added: nothing of it is judged.
    """

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reviewed = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    currency = Text(max_length=3, help_text="Three letters, such as EUR.")
    anchor_day = forms.IntegerField(label="Periods begin on day", min_value=1, max_value=31, help_text="Of the month.")
    time_zone = Text(label="At midnight in", max_length=64)
    included_generations = NumberField(label="Included generations", required=False, help_text="In a whole period.")
    minimum_amount = _amount("Minimum", help_text="Of usage, in a whole period. Empty: none.")
    capacity_fee = _amount("Capacity fee", help_text="A reserved unit and day. Empty: none.", decimals=6)
    purchase_order = Text(label="Purchase order", max_length=64, required=False)
    review_days = forms.IntegerField(
        label="Review window", min_value=0, max_value=term_rules.LONGEST_REVIEW, help_text="Days after a period’s end."
    )
    when = forms.ChoiceField(
        label="It holds", widget=forms.RadioSelect, error_messages={"required": "Choose from when it holds."}
    )
    at = WallTimeField(label="At", help_text="Splits the billing period that it falls into.")

    def __init__(
        self,
        *args: Any,
        base: Terms,
        choices: Sequence[tuple[str, str]],
        mark: int,
        typed: QueryDict | None = None,
        is_saving: bool = False,
        **kwargs: Any,
    ) -> None:
        given = {**_initial(base), "seen": mark, "when": _preferred(choices), **(typed.dict() if typed else {})}
        super().__init__(*args, **{**kwargs, "initial": given})
        self.base, self.mark = base, mark
        self.choose_from("when", choices)
        cast("WallTimeField", self.fields["at"]).zone = ZoneInfo(base.time_zone)
        self.fields["at"].help_text += f" On the clocks of {base.time_zone}."
        self.fields["time_zone"].widget.attrs["list"] = "time-zones"
        sent = self.data if self.is_bound else typed
        self.rows = price_rows.of_terms(base) if sent is None else price_rows.read(sent)
        for n, row in enumerate(self.rows):
            self._add_row(n, row)
        for n in range(CREDITS):
            self._add_credit(n)
        self.initial.update(price_rows.write(self.rows))
        for name, field in self.fields.items():
            if price_rows.is_field(name) or name.startswith("credit-"):
                field.widget.attrs["aria-label"] = field.label
            # Most of a contract is empty for none, and says so: “optional” at each field would say nothing.
            field.conditional = name != "ticket"  # type: ignore[attr-defined]
        if not is_saving:
            self.fields["reason"].required = False
            self.fields.pop("password", None)

    def _add_row(self, n: int, row: Row) -> None:
        label = f"Line {n + 1}"
        self._add(n, "name", Text(label=f"{label}, name", max_length=term_rules.LONGEST_NAME, required=False))
        versions = [(version, version) for version in term_rules.VERSIONS]
        self._add(n, "version", forms.ChoiceField(label=f"{label}, API version", choices=versions, required=False))
        self._add(n, "resolutions", Text(label=f"{label}, resolutions", max_length=200, required=False))
        for j in range(len(row.tiers)):
            tier = f"{label}, tier {j + 1}" if len(row.tiers) > 1 else label
            self.fields[price_rows.end(n, j)] = NumberField(label=f"{tier}, up to", required=False)
            self.fields[price_rows.amount(n, j)] = _amount(f"{tier}, price", decimals=term_rules.PRICE_DECIMALS)
            self.fields[price_rows.end(n, j)].widget.attrs["class"] = "num plain"
        self.fields[price_rows.name(n, "name")].widget.attrs["placeholder"] = "named by what it is for"
        self.fields[price_rows.name(n, "resolutions")].widget.attrs["placeholder"] = "any other"

    def _add(self, n: int, what: str, field: forms.Field) -> None:
        self.fields[price_rows.name(n, what)] = field

    def _add_credit(self, n: int) -> None:
        given = self.base.sla_credits[n] if n < len(self.base.sla_credits) else None
        for what, label in (("below", "availability below, percent"), ("credit", "credit, percent")):
            name = f"credit-{n}-{what}"
            self.fields[name] = _amount(f"Credit {n + 1}, {label}", decimals=3)
            self.initial.setdefault(name, f"{getattr(given, what):f}" if given else "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if cleaned.get("seen") not in (None, self.mark):
            self._carry("seen", str(self.mark))
            self.add_error(None, ValidationError(CHANGED, code=STALE))
        self._check_time(cleaned)
        for n, row in enumerate(self.rows):
            if not row.is_blank and not price_rows.without_blanks(row.tiers):
                self.add_error(price_rows.amount(n, 0), "Write the price of a cost unit.")
            for j in price_rows.without_blanks(row.tiers):
                if cleaned.get(price_rows.amount(n, j)) is None and price_rows.amount(n, j) not in self.errors:
                    self.add_error(price_rows.amount(n, j), "Write the price of a cost unit.")
        if self.is_legible:
            for name, text in term_rules.problems(self.terms):
                self.add_error(name if name in self.fields else None, text)
        return super().clean()

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].upper()
        if not currencies.is_known(code):
            raise ValidationError("Write the three letters of a currency, such as EUR.")
        return code

    def _check_time(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("when") == AT and cleaned.get("at") is None and "at" not in self.errors:
            self.add_error("at", "Write when it begins.")

    @property
    def terms(self) -> Terms:
        """What the contract is to say; what was typed wrong says what it said before. Only after `is_valid`."""
        prices = [self._price(n, row) for n, row in enumerate(self.rows) if not row.is_blank]
        return Terms(
            number=self.base.number,
            currency=self._said("currency"),
            anchor_day=self._said("anchor_day"),
            time_zone=self._said("time_zone"),
            included_generations=self._said("included_generations") or 0,
            prices=tuple(price for price in prices if price is not None),
            # Nothing to reach is no minimum.
            minimum_amount=self._said("minimum_amount") or None,
            capacity_fee=self._said("capacity_fee"),
            sla_credits=self._credits(),
            purchase_order=self._said("purchase_order"),
            review_days=self._said("review_days"),
        )

    @property
    def is_legible(self) -> bool:
        """Whether everything that was typed of the terms could be read. Only after `is_valid`."""
        return not set(self.errors) - BESIDE

    def _said(self, name: str) -> Any:
        return self.cleaned_data.get(name, getattr(self.base, name))

    def _price(self, n: int, row: Row) -> Price | None:
        """A line as it was typed; where that cannot be read, the one before for the same usage."""
        said, typed = self.cleaned_data, price_rows.without_blanks(row.tiers)
        needed = [price_rows.name(n, what) for what in ("name", "version", "resolutions")]
        needed += [name for j in typed for name in (price_rows.end(n, j), price_rows.amount(n, j))]
        if not typed or any(name not in said for name in needed):
            return self._kept(row)
        named = [one.strip() for one in said[price_rows.name(n, "resolutions")].split(",")]
        resolutions = tuple(dict.fromkeys(one for one in named if one))
        version = said[price_rows.name(n, "version")]
        usual = f"{version} generations" + (f", {', '.join(resolutions)}" if resolutions else "")
        name = said[price_rows.name(n, "name")].strip() or usual[: term_rules.LONGEST_NAME]
        tiers = [Tier(said[price_rows.end(n, j)], said[price_rows.amount(n, j)]) for j in typed]
        return Price(name, version, resolutions, tuple(tiers))

    def _kept(self, row: Row) -> Price | None:
        slot = row.version, {one.strip() for one in row.resolutions.split(",") if one.strip()}
        return next((one for one in self.base.prices if (one.api_version, set(one.resolutions)) == slot), None)

    def _credits(self) -> tuple[SlaCredit, ...]:
        names = [(f"credit-{n}-below", f"credit-{n}-credit") for n in range(CREDITS)]
        if any(name not in self.cleaned_data for pair in names for name in pair):
            return self.base.sla_credits
        typed = [(self.cleaned_data[below], self.cleaned_data[credit]) for below, credit in names]
        found = [SlaCredit(below or Decimal(0), credit or Decimal(0)) for below, credit in typed if below or credit]
        return tuple(sorted(found, key=lambda one: one.below, reverse=True))

    @property
    def begins(self) -> datetime | None:
        """The instant that was typed, where it is to begin then."""
        said = self.cleaned_data
        at: datetime | None = said.get("at") if said.get("when") == AT else None
        return at

    @property
    def digest(self) -> str:
        """A mark of what is asked, from when: the same for the same."""
        asked = json.dumps([self.terms.to_json(), self.cleaned_data.get("when"), str(self.begins)], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()

    def was_reviewed(self) -> None:
        """Carry that this was seen, so that the same form is saved when it is sent again."""
        self._carry("reviewed", self.digest)

    def forget_review(self) -> None:
        """Carry that it is to be seen once more before it is saved."""
        self._carry("reviewed", "")

    @property
    def is_reviewed(self) -> bool:
        return self.cleaned_data.get("reviewed") == self.digest

    @property
    def price_fields(self) -> list[tuple[int, dict[str, BoundField], list[tuple[BoundField, BoundField]]]]:
        """The fields of each line: its number, those of its own, and those of its tiers."""
        return [
            (
                n,
                {what: self[price_rows.name(n, what)] for what in ("name", "version", "resolutions")},
                [(self[price_rows.end(n, j)], self[price_rows.amount(n, j)]) for j in range(len(row.tiers))],
            )
            for n, row in enumerate(self.rows)
        ]

    @property
    def credit_fields(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"credit-{n}-below"], self[f"credit-{n}-credit"]) for n in range(CREDITS)]

    def _carry(self, name: str, value: str) -> None:
        data = cast("QueryDict", self.data).copy()
        data[name] = value
        self.data = data


def pressed(data: QueryDict, act: str) -> QueryDict | None:
    """Return what was sent as it is after a button of the price list was pressed; None where none of them was."""
    rows = price_rows.after(price_rows.read(data), act)
    if rows is None:
        return None
    changed = data.copy()
    for name in [name for name in changed if price_rows.is_field(name)]:
        del changed[name]
    changed.update(price_rows.write(rows))
    return changed


def _preferred(choices: Sequence[tuple[str, str]]) -> str:
    """The choice that stands first, but never one that splits a billing period: that is chosen by hand."""
    return next((value for value, _ in choices[:1] if value not in (NOW, AT)), "")


def _initial(base: Terms) -> dict[str, Any]:
    return {
        "currency": base.currency,
        "anchor_day": base.anchor_day,
        "time_zone": base.time_zone,
        "included_generations": f"{base.included_generations:,}" if base.included_generations else "",
        "minimum_amount": _typed(base.minimum_amount, base.currency),
        "capacity_fee": _typed(base.capacity_fee, base.currency),
        "purchase_order": base.purchase_order,
        "review_days": base.review_days,
    }


def _typed(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{currencies.trimmed(amount, currency):f}"
