"""What is asked about a list of keys itself: the name of a view, and what is to become of many keys."""

from typing import Any

from django import forms

from audit import wording
from keys import bulk_rotation, rotation
from keys.bulk import FIELDS
from keys.forms import ExpiryMixin
from keys.terms import ROTATIONS
from orgs.forms import ActionForm, ReasonForm, Text

WAYS = [
    (bulk_rotation.MAIL, "Mail a one-time link to each technical contact"),
    (bulk_rotation.MYSELF, "I hand each over myself"),
]
MAILED = "A mailed link works for 72 hours. What you hand over yourself waits among the one-time links."
NO_MAIL = "Mail to customers is not set up here. The new secrets wait among the one-time links."


class ViewForm(ActionForm):
    name = Text(max_length=40, help_text="A tab of yours above the list, such as Month end at Halide.")

    @property
    def kept_name(self) -> str:
        """The name, without keys: ours are refused by the form, and such as were made elsewhere are masked."""
        return wording.masked_all(self.cleaned_data["name"])


class BulkForm(ReasonForm):
    """Asked once for all keys. `seen` names the keys as they were reviewed; without it the review comes first."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    @property
    def arguments(self) -> dict[str, Any]:
        """What the job keeps: all of it may be read by whoever sees the job."""
        return self.why


class BulkExpireForm(BulkForm, ExpiryMixin):
    field_order = ["expires", "expires_on", "reason", "ticket", "password", "seen"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What each plan allows is judged for each key.
        self.offer(usual=90, longest=None)

    @property
    def arguments(self) -> dict[str, Any]:
        return {**self.why, "expires_at": self.expires_at.isoformat() if self.expires_at else None}


def _overlap_label(name: str) -> str:
    label = rotation.LABELS[name.removeprefix("use-")]
    return f"{label} from first use of the new one" if rotation.CHOICES[name].after_use else label


class BulkRotateForm(BulkForm):
    overlap = forms.ChoiceField(
        label="The old secret stops after",
        choices=[(name, _overlap_label(name)) for name in bulk_rotation.OVERLAPS],
        initial="7d",
        widget=forms.RadioSelect,
        help_text="What counts from the first use waits for it as long as the plan allows.",
    )
    handover = forms.ChoiceField(label="Hand over", choices=WAYS, widget=forms.RadioSelect)

    field_order = ["handover", "overlap", "reason", "ticket", "password", "seen"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        can_mail = bulk_rotation.is_mail_set_up()
        self.choose_from("handover", WAYS if can_mail else WAYS[1:])
        self.fields["handover"].initial = WAYS[0 if can_mail else 1][0]
        self.fields["handover"].help_text = MAILED if can_mail else NO_MAIL
        if not can_mail:
            self.fields["overlap"].initial = "use-24h"

    @property
    def arguments(self) -> dict[str, Any]:
        return {**self.why, **{name: self.cleaned_data[name] for name in ("overlap", "handover")}}


class BulkChangeForm(BulkForm):
    field = forms.ChoiceField(choices=list(FIELDS.items()), initial="rotate_every", widget=forms.RadioSelect)
    rotate_every = forms.ChoiceField(
        required=False, choices=[("", "never"), *((str(days), f"{days} days") for days in ROTATIONS)]
    )
    purpose = Text(max_length=200, required=False, help_text="Empty: none.")

    field_order = ["field", "rotate_every", "purpose", "reason", "ticket", "password", "seen"]

    @property
    def arguments(self) -> dict[str, Any]:
        field = self.cleaned_data["field"]
        return {**self.why, "field": field, "value": self.cleaned_data[field]}


FORMS: dict[str, type[BulkForm]] = {"expire": BulkExpireForm, "rotate": BulkRotateForm, "change": BulkChangeForm}
