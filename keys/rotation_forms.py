"""The forms of a rotation: when it begins, and what a person may do while the old secret works."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from audit.verbs import Verb
from keys import limit_fields, repeats, rotation
from keys.delivery_forms import HandoverMixin
from keys.forms import VersionedForm
from keys.models import ApiKey, KeySecret
from orgs.forms import OptionalReasonForm, ReasonForm

# The choices say their times anew when another beginning is chosen.
ASKS_AGAIN = {
    "hx-trigger": "change",
    "hx-include": "[name=overlap]:checked",
    "hx-target": "#id_overlap",
    "hx-select": "#id_overlap",
    "hx-select-oob": "#id_at_help",
    "hx-swap": "outerHTML",
}
LOCAL = "%Y-%m-%dT%H:%M"
EXTENSIONS = ("1h", "24h", "7d")
LONGEST = "longest"
SAFE = "safe-"


class KeyForm(ReasonForm, VersionedForm):
    """A form about one key; `wanted` are the arguments of the action that it answers."""

    def __init__(self, *args: Any, key: ApiKey, **kwargs: Any) -> None:
        self.key = key
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = key.version

    @property
    def wanted(self) -> dict[str, Any]:
        return {"seen_version": self.cleaned_data["version"], **self.why}


class OverlapForm(KeyForm):
    """Chooses the overlap: each choice says when the old secret stops, on the clock."""

    overlap = forms.ChoiceField(
        label="The old secret stops", initial="24h", widget=forms.RadioSelect, help_text="Until then both secrets work."
    )

    def offer(self, *, began: datetime) -> None:
        """Fill the list with what the plan allows for an overlap that begins then."""
        longest = self.key.organization.plan_version.longest_overlap
        ends = {
            name: (wanted, wanted.end(began, longest=longest, expires_at=self.key.expires_at))
            for name, wanted in rotation.CHOICES.items()
            if wanted.lasts <= longest
        }
        self.choose_from("overlap", [(name, _said(name, *end, began=began)) for name, end in ends.items()])

    def changed_meanwhile(self) -> str:
        if not repeats.was_last([Verb.KEY_ROTATED, Verb.KEY_ROTATION_SCHEDULED], self.key, actor=self.request.actor):
            return super().changed_meanwhile()
        self.lead = "It was not rotated a second time."
        return "You rotated it just now; its secret is not shown again. If it is lost, rotate again."

    @property
    def wanted(self) -> dict[str, Any]:
        chosen = rotation.CHOICES[self.cleaned_data["overlap"]]
        return {"overlap": chosen.lasts, "after_use": chosen.after_use, **super().wanted}


class RotateForm(OptionalReasonForm, OverlapForm, HandoverMixin):
    """Rotate now."""

    field_order = ["overlap", "handover", "recipient", "lifetime", "reason", "ticket", "password", "version"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(began=timezone.now())
        self.offer_handover(self.key.organization)


class ScheduleForm(OptionalReasonForm, OverlapForm, HandoverMixin):
    """Rotate at a time that the customer chose, on their clock."""

    at = forms.DateTimeField(
        label="The new secret begins",
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
    )

    field_order = ["at", "overlap", "handover", "recipient", "lifetime", "reason", "ticket", "password", "version"]

    def __init__(self, *args: Any, asked: QueryDict, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.key.organization.time_zone
        self.zone = ZoneInfo(zone)
        self.fields["at"].initial = self._asked(asked.get("at", "")) or _tomorrow(self.zone)
        self.fields["at"].widget.attrs |= ASKS_AGAIN | {"hx-get": self.request.path}
        began = self._begins()
        self.offer(began=began)
        if asked.get("overlap") in rotation.CHOICES:
            self.fields["overlap"].initial = asked["overlap"]
        self.offer_handover(self.key.organization)
        self.fields["at"].help_text = f"In {zone}, the organization's time: {_clock(began)}."

    @property
    def wanted(self) -> dict[str, Any]:
        return {**super().wanted, "at": self.cleaned_data["at"]}

    def clean_at(self) -> datetime:
        return limit_fields.on_clock(self.cleaned_data["at"].replace(tzinfo=None), self.zone)

    def _begins(self) -> datetime:
        """The time in sight: what was sent, or else what is proposed."""
        sent = self._asked(self.data.get("at", "")) if self.is_bound else None
        wall: datetime = sent or self.fields["at"].initial
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def _asked(self, text: str) -> datetime | None:
        try:
            at = self.fields["at"].clean(text).replace(tzinfo=None)
            # At the calendar's ends there is no such time elsewhere.
            at.replace(tzinfo=self.zone).astimezone(UTC) + timedelta(days=366)
        except (ValidationError, OverflowError):
            return None
        return at


class EndOldSecretForm(KeyForm):
    field_order = ["reason", "ticket", "password", "version"]


class UndoRotationForm(KeyForm):
    field_order = ["reason", "ticket", "password", "version"]


class CancelRotationForm(OptionalReasonForm, KeyForm):
    field_order = ["reason", "ticket", "password", "version"]


class ExtendOverlapForm(OptionalReasonForm, KeyForm):
    """Chooses how much longer the old secret works."""

    until = forms.ChoiceField(label="The old secret stops", widget=forms.RadioSelect)

    field_order = ["until", "reason", "ticket", "password", "version"]

    def __init__(
        self, *args: Any, old: KeySecret, latest: datetime, safe_from: datetime | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        # Calls move the time on while the form is open: what was proposed then may still be chosen.
        proposed = _sent(self.data.get("until", "")) if self.is_bound else safe_from
        self.ends = {**_proposal(proposed, old, latest=latest), **extensions(old, latest=latest)}
        self.choose_from("until", [(name, f"{_by(name)}: {_clock(end)}") for name, end in self.ends.items()])
        self.fields["until"].initial = next(iter(self.ends), None)

    @property
    def chosen(self) -> datetime:
        return self.ends[self.cleaned_data["until"]]

    @property
    def wanted(self) -> dict[str, Any]:
        return {"until": self.chosen, **super().wanted}


def extensions(old: KeySecret, *, latest: datetime) -> dict[str, datetime]:
    """Return by how much an overlap can be extended, and when it ends then."""
    until = old.overlap_until or latest
    ends = {name: until + rotation.OVERLAPS[name] for name in EXTENSIONS}
    return {
        **{name: end for name, end in ends.items() if end < latest},
        **({LONGEST: latest} if latest > until else {}),
    }


def _proposal(safe_from: datetime | None, old: KeySecret, *, latest: datetime) -> dict[str, datetime]:
    """The end at which the old secret will be safe to end, if the overlap has to and can be extended so far."""
    until = old.overlap_until or latest
    if safe_from is None or not until < safe_from <= latest:
        return {}
    return {f"{SAFE}{safe_from.astimezone(UTC):{LOCAL}}": safe_from}


def _sent(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.removeprefix(SAFE), LOCAL).replace(tzinfo=UTC) if name.startswith(SAFE) else None
    except ValueError:
        return None


def _by(name: str) -> str:
    if name.startswith(SAFE):
        return "Until it is safe to end"
    return "As long as possible" if name == LONGEST else f"{rotation.LABELS[name]} later"


def _said(name: str, wanted: rotation.Overlap, end: datetime, *, began: datetime) -> str:
    if wanted.after_use:
        label = rotation.LABELS[name.removeprefix("use-")]
        return f"{label} after first use of the new one, at the latest {_clock(end)}"
    if name == "now":
        return f"At the same time: {_clock(end)}" if began > timezone.now() else rotation.LABELS[name]
    cut = ", when the key expires" if end < began + wanted.lasts else ""
    return f"After {rotation.LABELS[name]}: {_clock(end)}{cut}"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def _tomorrow(zone: ZoneInfo) -> datetime:
    """Six in the morning, when few call."""
    day = timezone.now().astimezone(zone) + timedelta(days=1)
    return day.replace(hour=6, minute=0, second=0, microsecond=0, tzinfo=None)
