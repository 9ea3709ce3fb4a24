"""Rotate, end and edit a gateway credential."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from keys import rotation
from keys.actions.gateway_secrets import LONGEST_OVERLAP
from keys.forms import ExpiryMixin
from keys.gateways import GatewayCredential, Scope
from keys.terms import NetworksMixin
from orgs.forms import OptionalReasonForm, ReasonForm

AS_IT_IS = "keep"


class OfGatewayForm(ReasonForm):
    """About one credential as the person saw it: nobody acts on another state than they looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, credential: GatewayCredential, **kwargs: Any) -> None:
        self.credential = credential
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = credential.version

    def clean_version(self) -> int:
        seen: int = self.cleaned_data["version"]
        if seen != self.credential.version:
            self.see_newer(self.credential.version)
            raise ValidationError("Somebody changed this credential meanwhile. Look again before you go on.")
        return seen

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of the action that the form answers."""
        return {"seen_version": self.cleaned_data["version"], **self.why}


class RotateGatewayForm(OptionalReasonForm, OfGatewayForm):
    overlap = forms.ChoiceField(
        label="The old secret stops", initial="24h", widget=forms.RadioSelect, help_text="Until then both secrets work."
    )

    field_order = ["overlap", "reason", "ticket", "password", "version"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now, expires_at = timezone.now(), self.credential.expires_at
        ends = {
            name: rotation.overlap_until(now, overlap=overlap, expires_at=expires_at)
            for name, overlap in rotation.OVERLAPS.items()
            if overlap <= LONGEST_OVERLAP
        }
        self.choose_from("overlap", [(name, _stops(name, until)) for name, until in ends.items()])

    @property
    def wanted(self) -> dict[str, Any]:
        return {"overlap": rotation.OVERLAPS[self.cleaned_data["overlap"]], **super().wanted}


class EndGatewayOverlapForm(OfGatewayForm):
    """Why the old secret ends before its time."""

    field_order = ["reason", "ticket", "password", "version"]


class EditGatewayForm(OptionalReasonForm, NetworksMixin, ExpiryMixin, OfGatewayForm):
    scopes = forms.MultipleChoiceField(label="May", choices=Scope.choices, widget=forms.CheckboxSelectMultiple)
    allowed_cidrs = forms.CharField(
        label="Addresses",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text="Networks that it may call from, one a line, such as 203.0.113.0/24. Empty: from anywhere.",
    )

    field_order = ["scopes", "allowed_cidrs", "expires", "expires_on", "reason", "ticket", "password", "version"]

    def __init__(self, *args: Any, credential: GatewayCredential, **kwargs: Any) -> None:
        shown = {"scopes": credential.scopes, "allowed_cidrs": "\n".join(credential.allowed_cidrs)}
        super().__init__(*args, credential=credential, initial=shown, **kwargs)
        self.offer(usual=None, longest=None)
        present = f"{credential.expires_at:%-d %b %Y, %H:%M} UTC" if credential.expires_at else "never"
        offered = self.fields["expires"].choices  # type: ignore[attr-defined]
        others = [each for each in offered if each[0] != "never" or credential.expires_at]
        self.choose_from("expires", [(AS_IT_IS, f"as it is: {present}"), *others])
        self.fields["expires"].initial = AS_IT_IS

    @property
    def expires_at(self) -> datetime | None:
        return self.credential.expires_at if self.cleaned_data["expires"] == AS_IT_IS else super().expires_at

    @property
    def wanted(self) -> dict[str, Any]:
        scopes, networks = self.cleaned_data["scopes"], self.networks_asked
        values = {"scopes": scopes, "allowed_cidrs": networks, "expires_at": self.expires_at}
        return {"values": values, **super().wanted}


def _stops(name: str, at: datetime) -> str:
    return rotation.LABELS[name] if name == "now" else f"After {rotation.LABELS[name]}: {at:%-d %b %Y, %H:%M} UTC"
