"""Fields of a form for what a key may do beyond the usual: from where, from when, and how often it rotates."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator

from keys.actions.gateways import normal_cidrs
from orgs.forms import ActionForm

ROTATIONS = (30, 60, 90, 180, 365)
# A time beyond anybody's plans; the calendar itself ends in 9999.
LATEST = datetime(2999, 12, 31, tzinfo=UTC)
MINUTE = "%Y-%m-%dT%H:%M"
# As many networks as a key may have, each as long as one can be.
LONGEST_LIST = 8_000
# Of a long list that is wrong altogether, these are enough to see it.
MOST_PROBLEMS = 5


class NetworksMixin(ActionForm):
    """Looks through the networks of `allowed_cidrs`, a text, together with the form's other fields."""

    def clean_allowed_cidrs(self) -> str:
        text: str = self.cleaned_data["allowed_cidrs"]
        problems = [problem for each in _texts(text) for problem in _problems([each])]
        if problems := problems[:MOST_PROBLEMS] or _problems(_texts(text)):
            raise ValidationError(problems)
        return text

    @property
    def networks_asked(self) -> list[str]:
        """The networks as they were written."""
        return _texts(self.cleaned_data["allowed_cidrs"])


class TermsMixin(NetworksMixin):
    """From where a key may call, from when it works, and how often it is to be rotated. All may be left empty."""

    allowed_cidrs = forms.CharField(
        label="Addresses",
        required=False,
        max_length=LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text="Networks that it may call from, one a line, such as 203.0.113.0/24 or 2001:db8::/32. Empty: any.",
    )
    not_before = forms.DateTimeField(
        label="Works from",
        required=False,
        validators=[MaxValueValidator(LATEST)],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTE),
        help_text="UTC. Refused with NOT_YET_ACTIVE until then. Empty: at once.",
    )
    rotate_every = forms.ChoiceField(
        label="Rotate every", required=False, help_text="When its rotation is due, the home page says so."
    )

    def offer_rotations(self, present: timedelta | None = None) -> None:
        """Fill the list of intervals, with the present one where it is none of the usual."""
        days = sorted({*ROTATIONS, *([present.days] if present else [])})
        self.choose_from("rotate_every", [("", "never"), *((str(each), f"{each} days") for each in days)])

    @property
    def terms(self) -> dict[str, Any]:
        """What was chosen, as the actions take it."""
        days = self.cleaned_data["rotate_every"]
        return {
            "allowed_cidrs": self.networks_asked,
            "not_before": self.cleaned_data["not_before"],
            "rotate_every": timedelta(days=int(days)) if days else None,
        }

    @property
    def shows_terms(self) -> bool:
        """Whether one of these fields holds a value or an error, so that the fold around them has to stand open."""
        return any(self[name].value() or name in self.errors for name in TermsMixin.base_fields)


def _texts(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _problems(texts: list[str]) -> list[str]:
    try:
        normal_cidrs(texts)
    except ValidationError as error:
        return list(error.messages)
    return []
