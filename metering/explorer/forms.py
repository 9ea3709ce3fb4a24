"""The fields of the explorer's filters, for values that stand in no list."""

from collections.abc import Mapping

from django import forms
from django.forms import BoundField

from metering.explorer.query import Filter

HINTS = {"org": "Name or id", "key": "key_…", "resolution": "Such as 2K", "ratio": "Such as 16:9"}
LABELS = {"org": "Organization", "key": "Key id", "resolution": "Resolution", "ratio": "Aspect ratio"}


def days(asked: Filter) -> list[BoundField]:
    """Return the two days between which somebody wants to look, filled with those that are shown."""
    names = ("from", "to")
    values = dict(pair for pair in asked.pairs if pair[0] in names)
    fields = {name: forms.DateField(label=name.capitalize(), widget=_day()) for name in names}
    return _bound(fields, {name: value[:10] for name, value in values.items()})


def word(name: str, values: Mapping[str, str] | None = None) -> list[BoundField]:
    """Return a field for one value."""
    hint = forms.TextInput(attrs={"placeholder": HINTS[name], "autocomplete": "off"})
    return _bound({name: forms.CharField(label=LABELS[name], max_length=120, widget=hint)}, values or {})


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _bound(fields: Mapping[str, forms.Field], values: Mapping[str, str]) -> list[BoundField]:
    # Not bound to what was sent: what is wrong with it stands above everything, in words.
    form = forms.Form(initial=dict(values), auto_id="usage_%s")
    form.fields.update(fields)
    return list(form)
