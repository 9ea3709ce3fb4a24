"""Publish another version of a plan: its limits, its terms, and who moves to it. Reviewed before it is published."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.forms import BoundField
from django.http import QueryDict

from keys.limit_fields import NumberField
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.limits.slots import MINUTE, Slot
from orgs.forms import ReasonForm
from orgs.models import PlanVersion
from orgs.objectives import shown

STAY, MOVE = "stay", "move"
NUMBERS = ("approval_threshold", "default_key_days", "longest_key_days", "longest_overlap_hours")
_USUAL = (Slot("concurrency"), Slot("window", dimension="generations", window="month"))


class PublishForm(ReasonForm):
    """The last version's numbers, to be changed. An empty limit is none."""

    approval_threshold = NumberField(
        label="Threshold", required=False, help_text="Requests a minute; above it an administrator sets limits."
    )
    default_key_days = NumberField(label="Usual life of a key", help_text="Days.")
    longest_key_days = NumberField(label="Longest life of a key", required=False, help_text="Days. Empty: any.")
    longest_overlap_hours = NumberField(label="Longest overlap", help_text="Hours in which two secrets work.")
    counter_store_down = forms.ChoiceField(label="While limits cannot be counted", choices=PlanVersion.StoreDown)
    whom = forms.ChoiceField(
        label="Its organizations",
        choices=[(STAY, "stay on the version that they have"), (MOVE, "move to this version at once")],
        initial=STAY,
        widget=forms.RadioSelect,
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)
    reviewed = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, version: PlanVersion, **kwargs: Any) -> None:
        self.version = version
        self.rules = {rule.about: rule for rule in version.limits.all()}
        self.needed = {Slot("rate", api_version=each, period_s=MINUTE) for each in version.api_versions}
        self.slots = sorted({*self.rules, *self.needed, *_USUAL}, key=lambda slot: slot.order)
        super().__init__(*args, **{**kwargs, "initial": self._present()})
        for slot in self.slots:
            self._add(slot)
        for each in version.api_versions:
            self._add_objective(each)

    def _present(self) -> dict[str, Any]:
        known: dict[str, Any] = {field: getattr(self.version, field) for field in (*NUMBERS, "counter_store_down")}
        for each in self.version.api_versions:
            promised = self.version.objective(each)
            known[f"{each}_availability"] = "" if promised.availability is None else shown(promised.availability)
            known[f"{each}_p95_ms"] = promised.p95_ms
        for slot, rule in self.rules.items():
            known |= {_name(slot): rule.limit, f"{_name(slot)}_burst": rule.burst}
        return {**known, "seen": self.version.number}

    def _add(self, slot: Slot) -> None:
        # Without a rate a version would let everything pass; all other limits are optional.
        needed = slot in self.needed
        self.fields[_name(slot)] = NumberField(label=slot.words, required=needed)
        if slot.kind == "rate":
            help_text = "Admitted at one instant."
            self.fields[f"{_name(slot)}_burst"] = NumberField(label="Burst", required=needed, help_text=help_text)

    def _add_objective(self, api_version: str) -> None:
        self.fields[f"{api_version}_availability"] = forms.DecimalField(
            label=f"Availability of {api_version}",
            required=False,
            min_value=Decimal(50),
            max_value=Decimal("99.999"),
            decimal_places=3,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            help_text="Percent of a month's generations. Empty: no promise.",
        )
        self.fields[f"{api_version}_p95_ms"] = NumberField(
            label=f"p95 of {api_version}", required=False, help_text="Milliseconds that 95 of 100 take at most."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("seen") != self.version.number:
            data = cast("QueryDict", self.data).copy()
            data["seen"], data["reviewed"] = str(self.version.number), ""
            self.data = data
            self.add_error(None, "Somebody published a version meanwhile. Nothing was saved; check, review again.")
        return cleaned

    @property
    def limits(self) -> Iterable[tuple[BoundField, BoundField | None]]:
        """The field of each limit, and that of its burst where it has one."""
        return [
            (self[_name(slot)], self[f"{_name(slot)}_burst"] if slot.kind == "rate" else None) for slot in self.slots
        ]

    @property
    def objectives(self) -> Iterable[tuple[BoundField, BoundField]]:
        """The fields of what is promised of each API version."""
        return [(self[f"{each}_availability"], self[f"{each}_p95_ms"]) for each in self.version.api_versions]

    @property
    def terms(self) -> dict[str, Any]:
        promised = [field.name for pair in self.objectives for field in pair]
        return {field: self.cleaned_data[field] for field in (*NUMBERS, "counter_store_down", *promised)}

    @property
    def changes(self) -> list[Change]:
        """What is asked for as the action takes it; what cannot be typed here stays as the last version has it."""
        asked = ((slot, self.cleaned_data[_name(slot)]) for slot in self.slots)
        return [self._change(slot, limit) for slot, limit in asked if limit is not None]

    def _change(self, slot: Slot, limit: int) -> Change:
        burst = self.cleaned_data.get(f"{_name(slot)}_burst")
        rule: LimitRule | None = self.rules.get(slot)
        if rule is None:
            return Change(slot, limit=limit, burst=burst)
        kept: dict[str, Any] = {
            "mode": rule.mode,
            "overage_allowance": rule.overage_allowance,
            "warn_at": tuple(rule.warn_at),
        }
        return Change(slot, limit=limit, burst=burst, name=rule.name, **kept)

    @property
    def moves(self) -> bool:
        return bool(self.cleaned_data["whom"] == MOVE)

    @property
    def mark(self) -> str:
        """What was looked through: it is published as it was shown, or shown again."""
        shown = repr((self.version.number, self.terms, self.changes, self.moves))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]

    @property
    def is_reviewed(self) -> bool:
        return bool(self.cleaned_data["reviewed"] == self.mark)

    @property
    def was_reviewed(self) -> bool:
        """Whether something else had been looked through before it was changed."""
        return bool(self.cleaned_data["reviewed"]) and not self.is_reviewed

    def see_review(self) -> None:
        """Carry the mark of what is shown now; the proof that was just given lasts for the next step."""
        self.fields.pop("password", None)
        data = cast("QueryDict", self.data).copy()
        data["reviewed"] = self.mark
        self.data = data


def _name(slot: Slot) -> str:
    return slot.usual_name.replace("-", "_")
