"""The search's fields, all of them in the address; what cannot be searched for is said beside its field."""

import difflib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from audit import known, moments, paging, wording
from audit.models import Event
from audit.scope import Scope
from audit.search import Question
from audit.verbs import Verb


def closest(text: str, among: Iterable[str]) -> str:
    """“ Did you mean …?” with what is written nearest to the text; empty where nothing is near."""
    near = difflib.get_close_matches(text.casefold(), {one.casefold(): one for one in among}, n=1, cutoff=0.6)
    spelled = next((one for one in among if near and one.casefold() == near[0]), "")
    return f" Did you mean {spelled}?" if spelled else ""


def _hinted(example: str) -> forms.TextInput:
    return forms.TextInput(attrs={"placeholder": example, "autocomplete": "off"})


class SearchForm(forms.Form):
    """Turns query parameters into a question; `scope` limits which organizations can be named at all."""

    q = forms.CharField(label="Words", required=False, max_length=200)
    actor = forms.CharField(label="Actor", required=False, max_length=200, widget=_hinted("Name or id"))
    verb = forms.CharField(label="Verb", required=False, max_length=100, widget=_hinted("key.issued or key.*"))
    org = forms.CharField(label="Organization", required=False, max_length=200, widget=_hinted("Name or id"))
    outcome = forms.CharField(label="Outcome", required=False, max_length=20)
    after = forms.CharField(label="From", required=False, max_length=40, widget=_hinted("2026-11-22 or 7d"))
    before = forms.CharField(label="Before", required=False, max_length=40, widget=_hinted("2026-11-23T14:05"))
    older = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    newer = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = scope

    def clean_q(self) -> str:
        text = wording.one_line(self.cleaned_data["q"])
        if any(map(wording.is_unfit, text)):
            raise forms.ValidationError("This holds control characters or marks that reorder text.")
        if text and not any(map(str.isalnum, text)):
            raise forms.ValidationError("Write at least one letter or digit.")
        # A key is shown with the prefix of its kind, and recorded without.
        return wording.unprefixed(text)

    def clean_actor(self) -> list[str]:
        return self._ids("actor", "Nobody here is called", lambda: known.actors(self.scope))

    def clean_org(self) -> list[str]:
        return self._ids("org", "No organization here is called", lambda: known.organizations(self.scope))

    def clean_verb(self) -> list[str]:
        text = self.cleaned_data["verb"].strip().lower()
        found = [verb for verb in Verb.values if text in (verb, f"{verb.partition('.')[0]}.*")]
        if text and not found:
            patterns = {f"{verb.partition('.')[0]}.*" for verb in Verb.values}
            raise forms.ValidationError(f"{text} is no verb.{closest(text, [*Verb.values, *sorted(patterns)])}")
        return found

    def clean_outcome(self) -> str:
        text: str = self.cleaned_data["outcome"].strip().lower()
        if text and text not in Event.Outcome.values:
            raise forms.ValidationError(f"{text} is none of {', '.join(Event.Outcome.values)}.")
        return text

    def clean_after(self) -> datetime | None:
        return self._moment("after")

    def clean_before(self) -> datetime | None:
        before, after = self._moment("before"), self.cleaned_data.get("after")
        if before and after and before <= after:
            raise forms.ValidationError("This lies before the beginning.")
        return before

    def clean_older(self) -> paging.Place | None:
        return self._place("older")

    def clean_newer(self) -> paging.Place | None:
        return self._place("newer")

    def question(self) -> Question:
        """What is asked, once the form is valid."""
        asked = self.cleaned_data
        return Question(
            words=asked["q"],
            actors=asked["actor"],
            verbs=asked["verb"],
            organizations=asked["org"],
            outcome=asked["outcome"],
            after=asked["after"],
            before=asked["before"],
        )

    def _ids(self, field: str, nobody: str, listed: Any) -> list[str]:
        text = wording.neutral(wording.one_line(self.cleaned_data[field]), 200)
        if not text:
            return []
        names = listed()
        found = known.matching(text, names)
        if not found:
            raise forms.ValidationError(f"{nobody} “{text}”.{closest(text, [name.label for name in names])}")
        return [name.id for name in found]

    def _moment(self, field: str) -> datetime | None:
        text = self.cleaned_data[field]
        try:
            return moments.parse(text, now=timezone.now()) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def _place(self, field: str) -> paging.Place | None:
        text = self.cleaned_data[field]
        try:
            return paging.parse(text) if text else None
        except ValueError:
            raise forms.ValidationError("The address of this page is broken: begin with the newest events.") from None
