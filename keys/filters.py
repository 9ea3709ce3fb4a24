"""What the address of a list of keys asks for: one form for the list, its totals, its file and bulk work."""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from keys import conditions, orders, states
from keys.models import ApiKey, ApiKeyQuerySet
from orgs import plans
from orgs.forms import Text
from orgs.models import Organization, Staff
from orgs.policy import Permission

LONGEST_IDLE = 3650
# In the order in which they stand in the address.
FIELDS = ("q", "state", "environment", "org", "plan", "expires", "unused", "by", "check")


def _hinted(text: str) -> forms.TextInput:
    return forms.TextInput(attrs={"placeholder": text, "autocomplete": "off"})


class KeyFilter(forms.Form):
    """A filter and an order. What is wrong stands at its field; nothing is listed then."""

    q = Text(label="Words", max_length=100, required=False)
    state = forms.MultipleChoiceField(choices=states.CHOICES, required=False)
    environment = forms.ChoiceField(choices=[("", "Any"), *ApiKey.Environment.choices], required=False)
    org = Text(label="Organization", max_length=120, required=False, widget=_hinted("Name or id"))
    plan = forms.ChoiceField(required=False)
    expires = Text(label="Expires", max_length=10, required=False, widget=_hinted("2026-12-24 or 30d"))
    unused = Text(label="Unused for", max_length=5, required=False, widget=_hinted("Days"))
    by = Text(label="Created by", max_length=120, required=False)
    check = forms.ChoiceField(label="Hygiene", choices=[("", "Any"), *conditions.CHECKS], required=False)
    order = forms.ChoiceField(choices=[("", "Newest"), *orders.CHOICES], required=False)

    organization: Organization | None = None

    def __init__(self, data: QueryDict | Mapping[str, Any], *, user: Staff, at: datetime | None = None) -> None:
        super().__init__(data)
        self.user, self.at = user, at or timezone.now()
        self.plans = plans.choices()
        self.fields["plan"].choices = [("", "Any"), *self.plans]  # type: ignore[attr-defined]

    def clean_org(self) -> str:
        """An id, a slug or a whole name, of an organization in scope."""
        text: str = self.cleaned_data["org"]
        if text:
            mine = Organization.objects.for_user(self.user, Permission.KEY_SEE)
            named = mine.filter(Q(uid=text) | Q(slug=text) | Q(name__iexact=text))
            self.organization = named.order_by("pk").first()
            if self.organization is None:
                raise ValidationError("No organization in your scope has this id or name.")
        return text

    def clean_expires(self) -> str:
        text: str = self.cleaned_data["expires"]
        if text and text != conditions.NEVER:
            try:
                conditions.moment(text, at=self.at)
            except ValueError as error:
                raise ValidationError(str(error)) from error
        return text

    def clean_unused(self) -> str:
        text: str = self.cleaned_data["unused"]
        if (
            text
            and text != conditions.NEVER
            and not (text.isascii() and text.isdigit() and 0 < int(text) <= LONGEST_IDLE)
        ):
            raise ValidationError(f"Write a number of days from 1 to {LONGEST_IDLE}, or never.")
        return text

    def apply(self, rows: ApiKeyQuerySet) -> ApiKeyQuerySet:
        """Keep what the filter asks for; nothing where the filter is wrong."""
        return rows.filter(self.condition) if self.is_valid() else rows.none()

    @property
    def condition(self) -> Q:
        """The whole filter as one condition."""
        asked, at = self.cleaned_data, self.at
        found = Q()
        if asked["q"]:
            found &= conditions.matching(asked["q"])
        if asked["state"]:
            found &= reduce(or_, [conditions.of_state(each, at=at) for each in asked["state"]])
        if asked["environment"]:
            found &= Q(environment=asked["environment"])
        if self.organization is not None:
            found &= Q(organization=self.organization)
        if asked["plan"]:
            found &= Q(organization__plan_version__plan__code=asked["plan"])
        if asked["expires"]:
            found &= conditions.expiring_before(asked["expires"], at=at)
        if asked["unused"]:
            found &= conditions.unused_for(asked["unused"], at=at)
        if asked["by"]:
            found &= Q(created_by=asked["by"])
        if asked["check"]:
            found &= conditions.with_check(asked["check"], at=at)
        return found

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The filter as it stands in an address, without what is wrong with it, the order and the place."""
        return [(name, value) for name in FIELDS if name not in self.errors for value in self._values(name) if value]

    @property
    def query(self) -> str:
        """The same, written: state=active&unused=90."""
        return urlencode(self.pairs)

    @property
    def view(self) -> str:
        """The filter with its order, as a view keeps it: state=active&order=name."""
        order = "" if "order" in self.errors else self["order"].value()
        return urlencode([*self.pairs, *([("order", order)] if order and order != orders.NEWEST else [])])

    def _values(self, name: str) -> list[str]:
        value = self[name].value()
        values = value if isinstance(value, list) else [value]
        return list(dict.fromkeys(str(each).strip() for each in values if each))
