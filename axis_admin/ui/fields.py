"""Form fields in the product's look, made of Django's own bound fields."""

from __future__ import annotations

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

CSS = {"select": "select", "area": "area", "input": "input"}


def shape(field: BoundField, kind: str = "") -> str:
    """How a field is drawn: hidden, check, seg, checks, select, area or input. kind "seg" or "checks" overrules."""
    widget = field.field.widget
    if field.is_hidden:
        return "hidden"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return kind if kind in ("seg", "checks") else "checks"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.Select):
        return "select"
    return "area" if isinstance(widget, forms.Textarea) else "input"


def described_by(field: BoundField, help: str = "") -> str:
    """The id of the text below a field, if there is one: its error, or else its help."""
    return f"{field.auto_id}_help" if field.errors or help or field.help_text else ""


def control(field: BoundField, help: str = "", *, mono: bool = False, autofocus: bool = False) -> SafeString:
    """{% control field %}: the input itself, named, described and marked as invalid if it is."""
    drawn = shape(field)
    css = [CSS.get(drawn, ""), "mono" if mono else "", field.field.widget.attrs.get("class", "")]
    attrs: dict[str, str | bool] = {"class": " ".join(filter(None, css))}
    if text := described_by(field, help):
        attrs["aria-describedby"] = text
    if drawn == "area":
        # The framework's ten rows are meant for essays; a reason is a line or two.
        given = str(field.field.widget.attrs.get("rows", "10"))
        attrs["rows"] = "2" if given == "10" else given
    if autofocus:
        attrs["autofocus"] = True
    return field.as_widget(attrs={name: value for name, value in attrs.items() if value})


def wrong(form: forms.BaseForm) -> list[BoundField]:
    """The visible fields of a form that have an error, in their order."""
    return [field for field in form if field.errors and not field.is_hidden]


def hidden_errors(form: forms.BaseForm) -> list[str]:
    """Errors that stand at no visible field: the form's own, and those of hidden fields."""
    hidden = [error for field in form.hidden_fields() for error in field.errors]
    return [*map(str, form.non_field_errors()), *map(str, hidden)]
