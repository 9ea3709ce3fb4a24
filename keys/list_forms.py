"""What is asked about a list of keys itself: the name of a view, and what is to become of many keys."""

from typing import Any

from django import forms

from keys import rotation
from keys.bulk import FIELDS
from keys.forms import ExpiryMixin
from keys.terms import ROTATIONS
from orgs.forms import ActionForm, ReasonForm, Text

# A customer needs time to open the mail and to deploy what it brings.
OVERLAPS = ("24h", "7d", "30d")


class ViewForm(ActionForm):
    name = Text(max_length=40, help_text="A tab of yours above the list, such as Expiring at Halide.")


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


class BulkRotateForm(BulkForm):
    overlap = forms.ChoiceField(
        label="The old secret stops after",
        choices=[(name, rotation.LABELS[name]) for name in OVERLAPS],
        initial="7d",
        widget=forms.RadioSelect,
        help_text="Each new secret goes as a one-time link to the technical contact. The link works for 72 hours.",
    )

    field_order = ["overlap", "reason", "ticket", "password", "seen"]

    @property
    def arguments(self) -> dict[str, Any]:
        return {**self.why, "overlap": self.cleaned_data["overlap"]}


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
