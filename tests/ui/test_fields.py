from __future__ import annotations

import pytest
from django import forms
from django.template.loader import render_to_string

from axis_admin import specimens
from axis_admin.ui import fields
from tests.ui.conftest import HOSTILE


def field(name: str, form: forms.Form | None = None, **context: object) -> str:
    return render_to_string("ui/_field.html", {"field": (form or specimens.SpecimenForm())[name], **context})


def test_help_is_bound_to_the_control():
    html = field("name")
    assert 'aria-describedby="id_name_help"' in html
    assert '<p class="help" id="id_name_help">Shown to the customer.</p>' in html
    assert '<label for="id_name">Name</label>' in html


def test_an_error_replaces_the_help():
    form = specimens.SpecimenForm({"name": ""})
    html = field("name", form)
    assert 'aria-invalid="true"' in html
    assert "Shown to the customer." not in html
    assert 'id="id_name_help"' in html
    assert "This field is required." in html


def test_what_may_stay_empty_says_so():
    assert '<span class="opt">optional</span>' in field("ticket")
    assert "optional" not in field("name")


@pytest.mark.parametrize(
    ("name", "drawn"),
    [("name", "input"), ("plan", "select"), ("reason", "area"), ("tell", "check"), ("environment", "checks")],
)
def test_each_widget_has_its_shape(name, drawn):
    assert fields.shape(specimens.SpecimenForm()[name]) == drawn


def test_choices_are_a_group_with_a_legend_that_a_link_can_reach():
    html = field("environment", specimens.form(), kind="seg")
    assert '<fieldset class="field" id="id_environment" tabindex="-1"' in html
    assert "<legend>Environment</legend>" in html
    assert '<div class="seg">' in html
    assert html.count('type="radio"') == 2


def test_several_choices_are_checkboxes():
    html = field("versions", specimens.form())
    assert html.count('type="checkbox"') == 2
    assert html.count('class="check"') == 2


def test_a_password_is_never_written_back():
    class SignIn(forms.Form):
        password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))

    html = field("password", SignIn({"password": "sesame"}))
    assert 'type="password"' in html
    assert 'autocomplete="current-password"' in html
    assert "sesame" not in html


def test_a_hidden_field_is_only_its_input():
    class Hidden(forms.Form):
        version = forms.IntegerField(widget=forms.HiddenInput, initial=3)

    assert field("version", Hidden()).strip() == '<input type="hidden" name="version" value="3" id="id_version">'


def test_a_reason_is_two_lines_unless_the_form_says_otherwise():
    class Essay(forms.Form):
        notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 8}))

    assert 'rows="2"' in field("reason")
    assert 'rows="8"' in field("notes", Essay())


def test_what_was_typed_comes_back_escaped():
    html = field("name", specimens.SpecimenForm({"name": HOSTILE}))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_summary_counts_and_links_to_each_field():
    html = render_to_string("ui/_error_summary.html", {"form": specimens.form()})
    assert 'role="alert"' in html
    assert "Nothing was saved. 2 fields need a change." in html
    assert '<a href="#id_slug">Slug: Use lower case letters, digits and hyphens.</a>' in html


def test_one_field_needs_and_two_need():
    form = specimens.SpecimenForm({**specimens.form().data, "slug": "fine"})
    assert "1 field needs a change." in render_to_string("ui/_error_summary.html", {"form": form})


def test_the_summary_tells_what_belongs_to_no_field():
    form = specimens.SpecimenForm({**specimens.form().data, "slug": "fine", "reason": "why"})
    form.add_error(None, "Someone changed this meanwhile.")
    html = render_to_string("ui/_error_summary.html", {"form": form, "lead": "Nothing was changed."})
    assert "<li>Someone changed this meanwhile.</li>" in html
    assert "need" not in html


def test_a_form_without_errors_has_no_summary():
    assert render_to_string("ui/_error_summary.html", {"form": specimens.SpecimenForm()}).strip() == ""


def test_a_group_is_linked_by_its_own_id():
    form = specimens.SpecimenForm({})
    html = render_to_string("ui/_error_summary.html", {"form": form})
    assert 'href="#id_environment"' in html
