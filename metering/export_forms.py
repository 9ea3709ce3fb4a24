"""The form that asks for a file of usage."""

from django import forms

from metering.models import Export
from orgs.forms import ActionForm


class StartExportForm(ActionForm):
    what = forms.ChoiceField(
        label="Rows",
        choices=[
            (Export.What.TABLE, "The table, as it is counted"),
            (Export.What.GENERATIONS, "Every generation behind it"),
        ],
        widget=forms.RadioSelect,
        initial=Export.What.TABLE,
    )
    format = forms.ChoiceField(choices=Export.Format.choices, widget=forms.RadioSelect, initial=Export.Format.CSV)
