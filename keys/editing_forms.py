"""Pause, resume and edit a key."""

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from keys.actions import gateways as actions
from keys.forms import NEVER, ExpiryMixin, VersionedForm
from keys.models import ApiKey
from keys.terms import LONGEST_LIST, TermsMixin
from orgs.forms import OptionalReasonForm, ReasonForm, Text

AS_IT_IS = "keep"


class PauseForm(ReasonForm):
    """Why a key is paused."""


class ResumeForm(OptionalReasonForm, VersionedForm):
    """That a paused key may work again, as the person saw it."""

    field_order = ["reason", "ticket", "password", "version"]

    def __init__(self, *args: Any, key: ApiKey, **kwargs: Any) -> None:
        self.key = key
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = key.version


class EditForm(OptionalReasonForm, TermsMixin, ExpiryMixin, VersionedForm):
    name = Text(max_length=80)
    purpose = Text(max_length=200, required=False)
    api_versions = forms.MultipleChoiceField(label="API versions", widget=forms.CheckboxSelectMultiple)
    # The networks of which the person has seen what they would have refused.
    reviewed = forms.CharField(required=False, max_length=LONGEST_LIST, widget=forms.HiddenInput)

    def __init__(self, *args: Any, key: ApiKey, **kwargs: Any) -> None:
        self.key = key
        super().__init__(*args, initial=_shown(key), **kwargs)
        plan = key.organization.plan_version
        self.offer(usual=None, longest=plan.longest_key_days)
        self._offer_to_keep()
        self.offer_rotations(key.rotate_every)
        versions = sorted({*plan.api_versions, *key.api_versions})
        self.choose_from("api_versions", [(each, each) for each in versions])

    def _offer_to_keep(self) -> None:
        kept = (AS_IT_IS, f"as it is: {_day(self.key.expires_at)}")
        offered = self.fields["expires"].choices  # type: ignore[attr-defined]
        others = [each for each in offered if each[0] != NEVER or self.key.expires_at is not None]
        self.choose_from("expires", [kept, *others])
        self.fields["expires"].initial = AS_IT_IS
        self.fields["expires"].help_text = "An overlap that would outlive the key ends with it."

    @property
    def expires_at(self) -> datetime | None:
        return self.key.expires_at if self.cleaned_data["expires"] == AS_IT_IS else super().expires_at

    @property
    def values(self) -> dict[str, Any]:
        """The values for `actions.edit_key`."""
        kept = {name: self.cleaned_data[name] for name in ("name", "purpose", "api_versions")}
        values = {**kept, **self.terms, "expires_at": self.expires_at}
        # The field knows no seconds.
        if self.key.not_before and values["not_before"] == self.key.not_before.replace(second=0, microsecond=0):
            values["not_before"] = self.key.not_before
        return values

    @property
    def networks(self) -> list[str]:
        """The networks as they would be saved; ValidationError where one is none."""
        return actions.normal_cidrs(self.terms["allowed_cidrs"])

    @property
    def narrows(self) -> bool:
        """Whether there is a list of networks that differs from the key's, and whose effect was not seen yet."""
        try:
            networks = self.networks
        except ValidationError:
            return False
        return bool(networks) and networks != self.key.allowed_cidrs and " ".join(networks) != self._seen

    @property
    def _seen(self) -> str:
        seen: str = self.cleaned_data["reviewed"]
        return seen

    def was_reviewed(self) -> None:
        """Carry that these networks were seen, so that the same form is saved when it is sent again."""
        data = cast("QueryDict", self.data).copy()
        data["reviewed"] = " ".join(self.networks)
        self.data = data

    @property
    def newer(self) -> list[tuple[str, str, str]]:
        """What differs between the key as somebody left it meanwhile and this form: field, the key's, the form's."""
        if "version" not in self.errors:
            return []
        # What is wrong by itself has an error of its own, and no value.
        if set(self.errors) - {"version"}:
            return []
        labels = {
            name: str(self.fields[name].label or name.capitalize()) for name in self.values if name in self.fields
        }
        labels["expires_at"] = "Expires"
        pairs = [(labels[name], told(getattr(self.key, name)), told(value)) for name, value in self.values.items()]
        return [pair for pair in pairs if pair[1] != pair[2]]


def told(value: Any) -> str:
    """A field's value as a person reads it."""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%-d %b %Y, %H:%M} UTC"
    if isinstance(value, timedelta):
        return f"{value.days} days"
    return (", ".join(value) if isinstance(value, list | tuple) else str(value or "")) or "none"


def _day(at: datetime | None) -> str:
    return "never" if at is None else f"{timezone.localtime(at):%-d %b %Y, %H:%M} UTC"


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "purpose": key.purpose,
        "api_versions": key.api_versions,
        "allowed_cidrs": "\n".join(key.allowed_cidrs),
        "not_before": key.not_before,
        "rotate_every": str(key.rotate_every.days) if key.rotate_every else "",
        "version": key.version,
    }
