"""The forms about a leak. None of them takes the credential: a signed text says whose it was."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone

from audit import plurals
from keys.delivery_forms import HandoverMixin
from keys.exposure import Caller, Novelty
from keys.forms import VersionedForm
from keys.models import ApiKey, LeakReport
from orgs.forms import OptionalReasonForm, ReasonForm, Text

LOCAL = "%Y-%m-%dT%H:%M"


class ExposureMixin(OptionalReasonForm):
    """Since when the secret was exposed, in UTC."""

    exposed_since = forms.DateTimeField(
        label="Exposed since",
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
        help_text="UTC. As early as it can have been: use is shown from then on.",
    )

    def begin_at(self, at: datetime) -> None:
        self.fields["exposed_since"].initial = at.astimezone(UTC).replace(tzinfo=None)

    def clean_exposed_since(self) -> datetime:
        at: datetime = self.cleaned_data["exposed_since"].replace(tzinfo=UTC)
        if at > timezone.now():
            raise ValidationError("The time is in the future.")
        return at


class ReportLeakForm(ExposureMixin):
    """Where the secret was seen, and since when."""

    seen = forms.CharField(widget=forms.HiddenInput)
    source = Text(label="Seen by", max_length=100, help_text="Such as the customer, a colleague, a scanner.")
    url = Text(label="Where", max_length=1000, required=False, help_text="The address of the page, if there is one.")

    field_order = ["source", "url", "exposed_since", "reason", "ticket", "password", "seen"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begin_at(timezone.now())

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        if url:
            URLValidator(["https", "http"], message="Write it as in https://example.com/page.")(url)
        return url

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of `actions.report_leak` that the form answers."""
        return {name: self.cleaned_data[name] for name in ("source", "url", "exposed_since", "reason")}


class DateLeakForm(ExposureMixin):
    field_order = ["exposed_since", "reason", "password"]

    def __init__(self, *args: Any, leak: LeakReport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["ticket"]
        self.begin_at(leak.exposed_since)


class ReplaceLeakedForm(ReasonForm, HandoverMixin, VersionedForm):
    """Why, and how the new secret reaches the customer."""

    field_order = ["handover", "recipient", "lifetime", "reason", "ticket", "password", "version"]

    def __init__(self, *args: Any, leak: LeakReport, key: ApiKey, **kwargs: Any) -> None:
        self.key = key
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = key.version
        self.fields["reason"].initial = _why(leak)
        self.offer_handover(key.organization)


class ContainLeakedForm(ReasonForm, VersionedForm):
    """The addresses that may go on; those that came only after the exposure are left out to begin with."""

    addresses = forms.MultipleChoiceField(
        label="May go on",
        widget=forms.CheckboxSelectMultiple,
        help_text="Every other address is refused with IP_NOT_ALLOWED.",
        error_messages={"required": "Choose one at least: without any, every address could use the key."},
    )

    field_order = ["addresses", "reason", "ticket", "password", "version"]

    def __init__(self, *args: Any, leak: LeakReport, key: ApiKey, callers: Sequence[Caller], **kwargs: Any) -> None:
        self.key = key
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = key.version
        self.fields["reason"].initial = _why(leak)
        self.choose_from("addresses", [(one.address or "", _said(one)) for one in callers])
        self.fields["addresses"].initial = [one.address for one in callers if one.novelty is Novelty.KNOWN]


class RevokeLeakedForm(ReasonForm):
    field_order = ["reason", "ticket", "password"]

    def __init__(self, *args: Any, leak: LeakReport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].initial = _why(leak)


class CloseLeakForm(ReasonForm):
    """Why nothing has to be done."""

    field_order = ["reason", "ticket", "password"]


def _why(leak: LeakReport) -> str:
    return f"Leaked: seen by {leak.source} on {leak.reported_at:%-d %b %Y}"


def _said(caller: Caller) -> str:
    calls = plurals.counted(caller.calls, "call")
    last = f"{caller.last_in.astimezone(UTC):%-d %b, %H:%M} UTC"
    return f"{caller.address}: {calls}, {_novelty(caller)}, last in the hour from {last}"


def _novelty(caller: Caller) -> str:
    if caller.is_untold:
        return "cannot be told whether new: in the same hour as the exposure"
    return "new since the exposure" if caller.is_new else f"since {caller.first_in.astimezone(UTC):%-d %b}"
