"""Reserve capacity, change a reservation, open a pool and set what it holds."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone

from orgs.actions.capacity import InTheWay
from orgs.actions.reservations import LONGEST_HOLD
from orgs.capacity.room import NoRoom
from orgs.capacity.spans import Span
from orgs.forms import OptionalReasonForm, ReasonForm, Text
from orgs.models import CapacityPool, Organization, Reservation
from orgs.policy import Permission

NOW, HOLD = "now", "hold"
USUAL_HOLD_DAYS = 7
# The name of the buttons that fill the form: first day, last day and units, parted by slashes.
USE = "use"


def day_field(label: str, help_text: str = "") -> forms.DateField:
    """A day as the browser picks it."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, help_text=help_text)


class RoomForm(OptionalReasonForm):
    """A form whose action may find no room; what it said then stands in `no_room`."""

    no_room: NoRoom | None = None

    def noting(self, error: NoRoom) -> NoRoom:
        """Keep why there is no room, for the page to offer what there is."""
        self.no_room = error
        return error


class ReserveForm(RoomForm):
    organization = forms.ModelChoiceField(Organization.objects.none(), to_field_name="uid", empty_label="Choose")
    pool = forms.ModelChoiceField(CapacityPool.objects.none(), to_field_name="code", empty_label="Choose")
    units = forms.IntegerField(min_value=1)
    first = day_field("First day", "Days are days of UTC.")
    last = day_field("Last day", "It is included.")
    keep = forms.ChoiceField(
        label="Reserve it",
        initial=NOW,
        choices=[(NOW, "At once"), (HOLD, "As a hold")],
        widget=forms.RadioSelect,
        help_text="A hold ends by itself unless it is confirmed.",
    )
    hold_days = forms.IntegerField(
        label="Days of the hold",
        min_value=1,
        max_value=LONGEST_HOLD.days,
        initial=USUAL_HOLD_DAYS,
        required=False,
        help_text=f"At most {LONGEST_HOLD.days}; for a hold alone.",
    )
    overflow = forms.ChoiceField(
        label="Beyond it",
        initial=Reservation.Overflow.SHARED,
        choices=[(Reservation.Overflow.SHARED, "Shared room"), (Reservation.Overflow.REFUSE, "Refuse")],
        widget=forms.RadioSelect,
        help_text="For jobs beyond the reserved ones.",
    )
    contract_ref = Text(label="Contract", max_length=80, required=False)

    field_order = ["organization", "pool", "units", "first", "last", "keep", "hold_days", "overflow", "contract_ref"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, permission=Permission.CAPACITY_RESERVE, **kwargs)
        theirs = Organization.objects.for_user(self.request.user, Permission.CAPACITY_RESERVE)
        choices = {
            "organization": theirs.exclude(status=Organization.Status.CLOSED),
            "pool": CapacityPool.objects.all(),
        }
        for name, rows in choices.items():
            cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows
        self.fields["hold_days"].conditional = True  # type: ignore[attr-defined]

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of the action."""
        asked = self.cleaned_data
        plain = {name: asked[name] for name in ("organization", "pool", "units", "first", "last", "overflow")}
        return {**plain, "contract_ref": asked["contract_ref"], "hold_until": self._hold_until(), **self.why}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("keep") == HOLD and not cleaned.get("hold_days") and "hold_days" not in self.errors:
            self.add_error("hold_days", "Say for how many days.")
        return cleaned

    def _hold_until(self) -> datetime | None:
        if self.cleaned_data["keep"] != HOLD:
            return None
        return timezone.now() + timedelta(days=self.cleaned_data["hold_days"])


class ExtendForm(RoomForm):
    last = day_field("New last day", "It is included. Days are days of UTC.")

    field_order = ["last", "reason", "ticket"]


class ShortenForm(ReasonForm):
    last = day_field("New last day", "It is included; today is the earliest. Days are days of UTC.")

    field_order = ["last", "reason", "ticket"]


class ConfirmForm(OptionalReasonForm):
    """Why the hold becomes a reservation."""


class CancelForm(ReasonForm):
    """Why the reservation ends."""


class ChangePoolForm(OptionalReasonForm):
    region = Text(max_length=40, help_text="Such as eu-west.")
    unit_name = Text(label="A unit is called", max_length=40, initial="unit")
    jobs_per_unit = forms.IntegerField(label="Running jobs per unit", min_value=1)
    generations_per_minute_per_unit = forms.IntegerField(label="Generations a minute per unit", min_value=1)

    field_order = ["region", "unit_name", "jobs_per_unit", "generations_per_minute_per_unit", "reason", "ticket"]

    @property
    def values(self) -> dict[str, Any]:
        """What is to be changed."""
        names = ("region", "unit_name", "jobs_per_unit", "generations_per_minute_per_unit")
        return {name: self.cleaned_data[name] for name in names}


class PoolForm(ChangePoolForm):
    code = forms.SlugField(max_length=40, help_text="As everybody calls it, such as lisbon-a. It stays.")
    api_version = forms.ChoiceField(
        label="API version", choices=CapacityPool.ApiVersion.choices, initial=CapacityPool.ApiVersion.V2
    )
    capacity = forms.IntegerField(label="Units from today on", min_value=0)

    field_order = ["code", "api_version", "region", "capacity", "unit_name"]

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of the action."""
        names = ("code", "api_version", "capacity")
        return {**{name: self.cleaned_data[name] for name in names}, **self.values, **self.why}


class CapacityForm(ReasonForm):
    units = forms.IntegerField(min_value=0, help_text="What the pool holds from that day on, whatever was planned.")
    starts_on = day_field("From", "Days are days of UTC.")
    in_the_way: InTheWay | None = None

    field_order = ["units", "starts_on", "reason", "ticket"]


def used(data: Mapping[str, str]) -> dict[str, str]:
    """The values of a form with what a button “Use …” chose; the form is filled and nothing is done."""
    values = {name: value for name, value in data.items() if name not in (USE, "csrfmiddlewaretoken")}
    names = ("first", "last", "units")
    return {
        **values,
        **{name: value for name, value in zip(names, data.get(USE, "").split("/"), strict=False) if value},
    }


def choice(span: Span, units: int | str = "") -> str:
    """The value of a button “Use …”."""
    return f"{span.first.isoformat()}/{span.last.isoformat()}/{units}"
