"""The editor of limits as a form: a number for each line, empty for what is inherited, and a line for a new one."""

import hashlib
from collections.abc import Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils import timezone

from keys.actions.limits import check_end, start_of
from keys.limit_entries import Entry
from keys.limit_fields import NumberField, WallTimeField
from keys.limits.limit_changes import WARNINGS, Change, is_same
from keys.limits.rules import LimitRule
from keys.limits.slots import MINUTE, Slot
from orgs.forms import ReasonForm

PERS = [
    ("rate-1", "a second"),
    ("rate-60", "a minute"),
    ("rate-3600", "an hour"),
    ("rate-86400", "in any 24 hours"),
    ("window-day", "a calendar day"),
    ("window-month", "a calendar month"),
    ("concurrency", "at once"),
]
COUNTED = [("requests", "Requests"), ("generations", "Generations"), ("units", "Cost units")]
# What a line says besides its number.
DETAILS = ("burst", "overage", "mode", "warn")
STALE = "stale"
CHANGED = "Somebody changed these limits meanwhile. Nothing was set; look again. What you typed is kept."
PILOTS = "it belongs to the pilot. Change it on the pilot's page."
# A rate that is given none gets a tenth of a minute's calls.
USUAL_BURST_SHARE, LARGEST_BURST = 10, 1_000


class LimitsForm(ReasonForm):
    """What somebody asks of the limits of an organization or of a key.

    `changes` are the lines that say something else than what holds. They are saved only once they were reviewed as they
    are: `reviewed` carries which were. Without `is_saving` nobody has to say why.
    """

    seen = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)
    reviewed = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    starts_at = WallTimeField(label="Begins", help_text="Empty: now.")
    ends_at = WallTimeField(label="Ends", help_text="Empty: it holds until it is changed.")
    new_limit = NumberField(label="Number", required=False)
    new_dimension = forms.ChoiceField(label="Of", choices=COUNTED, required=False)
    new_per = forms.ChoiceField(label="Per", choices=PERS, initial="rate-60", required=False)
    new_version = forms.ChoiceField(label="API version", required=False)
    new_burst = NumberField(label="Burst", required=False, help_text="Of a rate.")
    new_mode = forms.ChoiceField(label="When it is reached", choices=LimitRule.Mode.choices, required=False)

    def __init__(
        self,
        *args: Any,
        entries: Sequence[Entry],
        versions: Sequence[str],
        zone: str,
        mark: str,
        is_saving: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.entries, self.mark = list(entries), mark
        self.initial["seen"] = mark
        self.choose_from("new_version", [("", "any"), *((version, version) for version in versions)])
        for name in ("starts_at", "ends_at"):
            cast("WallTimeField", self.fields[name]).zone = ZoneInfo(zone)
            self.fields[name].help_text = f"{self.fields[name].help_text} On the clocks of {zone}."
        for entry in self.entries:
            self._offer(entry)
        for name, field in self.fields.items():
            # Most lines are left as they are: “optional” at each field would say nothing.
            field.conditional = name != "ticket"  # type: ignore[attr-defined]
        if not is_saving:
            self.fields["reason"].required = False
            self.fields.pop("password", None)

    def _offer(self, entry: Entry) -> None:
        rule, code = entry.own, entry.code
        label = entry.slot.words
        shown = {"placeholder": entry.placeholder, "aria-label": label, "class": "num"}
        self.fields[f"limit-{code}"] = NumberField(label=label, required=False, disabled=entry.is_fixed)
        self.fields[f"limit-{code}"].widget.attrs |= shown
        self.initial[f"limit-{code}"] = self.initial[f"was-{code}"] = f"{rule.limit:,}" if rule else ""
        self.fields[f"was-{code}"] = forms.CharField(required=False, widget=forms.HiddenInput)
        counts = entry.counts
        if entry.slot.kind == "rate":
            self._add(f"burst-{code}", NumberField(label="Burst", required=False), rule and rule.burst)
            self.fields[f"burst-{code}"].widget.attrs["placeholder"] = str(counts.burst) if counts else "a tenth"
        if entry.slot.kind == "window":
            self._add(
                f"overage-{code}", NumberField(label="Allowed over it", required=False), rule and rule.overage_allowance
            )
        mode = forms.ChoiceField(label="When it is reached", choices=LimitRule.Mode.choices, required=False)
        self._add(f"mode-{code}", mode, counts.mode if counts else "block")
        warned = forms.MultipleChoiceField(
            label="Warn at",
            choices=[(str(percent), f"{percent}%") for percent in WARNINGS],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        usual = counts.warn_at if counts else ([80, 95] if entry.slot.kind == "window" else [])
        self._add(f"warn-{code}", warned, [str(percent) for percent in usual])

    def _add(self, name: str, field: forms.Field, initial: Any) -> None:
        self.fields[name] = field
        self.initial[name] = initial

    def of(self, entry: Entry) -> dict[str, BoundField]:
        """Return the fields of a line by their role."""
        roles = ("limit", "was", *DETAILS)
        return {role: self[f"{role}-{entry.code}"] for role in roles if f"{role}-{entry.code}" in self.fields}

    def clean(self) -> dict[str, Any]:
        if (seen := self.cleaned_data.get("seen")) and seen != self.mark:
            self.see_newer(self.mark)
            self.add_error(None, ValidationError(CHANGED, code=STALE))
        for entry in self.entries:
            self._check_whole(entry)
            self._check_fixed(entry)
        new = self._new_slot()
        standing = next((entry for entry in self.entries if entry.slot == new), None)
        if standing and standing.is_fixed:
            self.add_error("new_limit", f"{standing.slot.words}: {PILOTS}")
        elif standing:
            self.add_error("new_limit", f"{standing.slot.words}: it stands in the table above. Write the number there.")
        self._check_times()
        self._check_values()
        return super().clean()

    def _check_whole(self, entry: Entry) -> None:
        """Nothing that was filled in is passed over: without a number of its own a line says what it inherits."""
        if entry.own is not None or self.cleaned_data.get(f"limit-{entry.code}", 0) is not None:
            return
        others = [f"{role}-{entry.code}" for role in DETAILS]
        if any(name in self.changed_data for name in others if name in self.fields):
            self.add_error(f"limit-{entry.code}", "Write the number too: a limit is set with all that it says.")

    def _check_times(self) -> None:
        start, end = self.cleaned_data.get("starts_at"), self.cleaned_data.get("ends_at")
        now = timezone.now()
        try:
            check_end(end, after=max(start_of(start, now=now), now))
        except ValidationError as error:
            self.add_error(None, error)
        if end is not None and any(change.remove for change in self.changes):
            self.add_error("ends_at", "A limit is taken back for good. Write the number that is to hold meanwhile.")

    def _check_values(self) -> None:
        lines = {entry.slot: f"limit-{entry.code}" for entry in self.entries}
        for change in self.changes:
            if change.problem:
                self.add_error(lines.get(change.slot, "new_limit"), f"{change.slot.words}: {change.problem}")

    def _check_fixed(self, entry: Entry) -> None:
        """The page has no input for it; whoever sends one all the same is told why."""
        name = f"limit-{entry.code}"
        if entry.is_fixed and self.data.get(name, self.initial[name]) != self.initial[name]:
            self.add_error(None, f"{entry.slot.words}: {PILOTS}")

    @property
    def changes(self) -> list[Change]:
        """What the lines ask for, of those that are valid and say something else than what holds."""
        found = [*(self._change(entry) for entry in self.entries if not entry.is_fixed), self._new()]
        return [change for change in found if change is not None]

    def _change(self, entry: Entry) -> Change | None:
        name = f"limit-{entry.code}"
        if name not in self.cleaned_data:
            return None
        limit, own = self.cleaned_data[name], entry.own
        if limit is None:
            return Change(entry.slot, remove=True) if own else None
        given = {role: self.cleaned_data.get(f"{role}-{entry.code}") for role in DETAILS}
        change = Change(
            entry.slot,
            limit,
            burst=self._burst(entry.slot, limit, given["burst"], entry.counts),
            mode=given["mode"] or "block",
            overage_allowance=given["overage"] or 0,
            warn_at=sorted(int(percent) for percent in given["warn"] or ()),
        )
        return None if own and is_same(change, own) else change

    def _new(self) -> Change | None:
        slot, limit = self._new_slot(), self.cleaned_data.get("new_limit")
        if slot is None or limit is None:
            return None
        burst = self._burst(slot, limit, self.cleaned_data.get("new_burst"), None)
        return Change(slot, limit, burst=burst, mode=self.cleaned_data.get("new_mode") or "block")

    def _new_slot(self) -> Slot | None:
        if self.cleaned_data.get("new_limit") is None:
            return None
        kind, _, span = (self.cleaned_data.get("new_per") or "rate-60").partition("-")
        version, dimension = self.cleaned_data.get("new_version") or None, self.cleaned_data.get("new_dimension")
        if kind == "concurrency":
            return Slot(kind, "requests", version)
        period, window = (int(span), None) if kind == "rate" else (None, span)
        return Slot(kind, dimension or "requests", version, period, window)

    @staticmethod
    def _burst(slot: Slot, limit: int, given: int | None, present: LimitRule | None) -> int | None:
        if slot.kind != "rate":
            return None
        usual = present.burst if present else limit * MINUTE // (slot.period_s or MINUTE) // USUAL_BURST_SHARE
        return max(1, min(LARGEST_BURST, usual or 1)) if given is None else given

    @property
    def digest(self) -> str:
        """A mark of what is asked, for when: the same for the same."""
        times = [str(self.cleaned_data.get(name)) for name in ("starts_at", "ends_at")]
        asked = sorted(repr(change) for change in self.changes)
        return hashlib.sha256("|".join([*times, *asked]).encode()).hexdigest()

    @property
    def is_reviewed(self) -> bool:
        return bool(self.changes) and self.cleaned_data.get("reviewed") == self.digest

    def was_reviewed(self) -> None:
        """Carry that these changes were seen, so that the same form is saved when it is sent again."""
        self._carry("reviewed", self.digest)

    def see_newer(self, mark: Any) -> None:
        """Carry the newer limits from now on: lines that were left alone say what somebody else has set meanwhile."""
        for entry in self.entries:
            names = [f"{role}-{entry.code}" for role in ("limit", "was", *DETAILS)]
            if self.data.get(names[0], "") == self.data.get(names[1], ""):
                for name in names:
                    self._carry(name, self.initial.get(name, ""))
        self._carry("seen", mark)
        self._carry("reviewed", "")

    def _carry(self, name: str, value: Any) -> None:
        data = cast("QueryDict", self.data).copy()
        if isinstance(value, list):
            data.setlist(name, value)
        else:
            data[name] = "" if value is None else str(value)
        self.data = data
