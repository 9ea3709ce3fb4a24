"""The editor of a contract, from what was asked to what the page shows."""

from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from audit import scope
from metering import (
    actions,
    contract_forms,
    contract_splits,
    contract_versions,
    contracts,
    periods,
    rating,
    term_rules,
    term_words,
    terms,
    worked_example,
)
from metering.contract_forms import AT, CORRECT, MONTH, NEXT, NOW, ContractForm
from metering.models import Contract
from metering.rating import Price, Terms
from orgs import pages
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

LATER = (AT, "from another time")
Row = tuple[str, str, str]


class Editor:
    """What a person sees and asks of a version of a contract: the next one, or that it says something else.

    Without a contract it is the first one that is asked for.
    """

    def __init__(self, request: StaffRequest, organization: Organization, contract: Contract | None) -> None:
        self.request, self.organization, self.contract = request, organization, contract
        self.now = timezone.now()
        act = request.POST.get("act", "")
        self.changed = contract_forms.pressed(request.POST, act) if request.method == "POST" else None
        self.is_to_save = act == "save"

    @cached_property
    def base(self) -> Terms:
        if self.contract is None:
            return rating.unpriced(time_zone=self.organization.time_zone)
        return terms.snapshot(self.contract)

    @cached_property
    def month_start(self) -> datetime:
        return periods.month_start(self.now, self.organization.zone)

    @cached_property
    def next_start(self) -> datetime | None:
        """When the billing period after the present one begins, where this version still holds then."""
        present = periods.containing(self.now, self.contract.terms) if self.contract else None
        is_last = present is None or self.contract is None or present.end == self.contract.effective.upper
        return None if is_last or present is None else present.end

    @property
    def choices(self) -> list[tuple[str, str]]:
        """From when what is asked can hold: as it is now, of this version."""
        if self.contract is None:
            return [
                (MONTH, f"from the beginning of this month, {self._said(self.month_start)}"),
                (NOW, "from now"),
                LATER,
            ]
        found = []
        if self.contract.terms.cover(self.now):
            if self.next_start is not None:
                found.append((NEXT, f"from the next billing period, {self._said(self.next_start)}"))
            found += [(NOW, "from now: the running billing period ends, and goes into review"), LATER]
        if contracts.can_be_corrected(self.contract):
            begun = self._said(self.contract.effective.lower)
            found.append((CORRECT, f"from the beginning of version {self.contract.number}, {begun}, as a correction"))
        return found

    @cached_property
    def form(self) -> ContractForm:
        return self._form(None if self.is_only_typed else pages.posted(self.request), typed=self.changed)

    def _form(self, data: QueryDict | None, typed: QueryDict | None = None) -> ContractForm:
        latest = self.organization.contracts.order_by("number").last()
        return ContractForm(
            data,
            request=self.request,
            permission=Permission.CONTRACT_EDIT,
            obj=self.organization,
            base=self.base,
            choices=self.choices,
            mark=latest.number if latest else 0,
            typed=typed,
            is_saving=self.is_to_save,
            auto_id="contract_%s",
        )

    @property
    def is_only_typed(self) -> bool:
        """Whether a row was added or taken away: nothing is judged then."""
        return self.changed is not None

    @cached_property
    def read(self) -> ContractForm | None:
        """What was typed, as a form that was read: also where only a row was added; None where nothing was sent."""
        form = self.form if self.changed is None else self._form(self.changed)
        if not form.is_bound:
            return None
        form.is_valid()
        return form

    def save(self) -> bool:
        """Do what was reviewed; False where it is still to be reviewed, or cannot be: then it is reviewed again."""
        form = self.form
        is_valid, is_reviewed = form.is_valid(), form.is_reviewed
        form.forget_review()
        if not is_valid:
            return False
        if self.contract is not None and not term_words.changes(self.base, form.terms):
            form.add_error(None, "Nothing is different from what the contract says. Change something first.")
            return False
        if not is_reviewed:
            form.lead = "Nothing was saved yet."
            form.add_error(None, "This is what changes. Look at it, and save once more.")
            form.was_reviewed()
            return False
        return pages.accepted(form, self._act)

    def _act(self) -> Contract:
        form, when = self.form, self.form.cleaned_data["when"]
        common: dict[str, Any] = {"actor": self.request.actor, "terms": form.terms, **form.why}
        if self.contract is None:
            since = self.month_start if when == MONTH else form.begins or self.now
            return actions.open_contract(organization=self.organization, since=since, **common)
        common["seen"] = form.cleaned_data["seen"]
        if when == CORRECT:
            return actions.correct_contract(contract=self.contract, **common)
        at = self.next_start if when == NEXT else form.begins
        return actions.replace_contract(organization=self.organization, at=at, **common)

    @property
    def said(self) -> str:
        """What was done."""
        contract: Contract = self.form.result
        if self.form.cleaned_data["when"] == CORRECT:
            return f"Version {contract.number} of the contract was corrected."
        return f"Version {contract.number} of the contract holds from {self._said(contract.effective.lower)}."

    def reviewed(self) -> dict[str, Any]:
        """What an input means: the difference, and a real period on both terms."""
        read = self.read
        differences = rows(self.base, read.terms) if read else []
        if differences and self.form.is_bound and not self.form.errors:
            self.form.was_reviewed()
        is_compared = bool(read and differences and not term_rules.problems(read.terms))
        shown = read.terms if read and is_compared else self.base
        return {
            "form": self.form,
            "differences": differences,
            "is_compared": is_compared,
            "is_legible": read is None or read.is_legible,
            "when": dict(self.choices).get(self.form["when"].value() or "", ""),
            "split": contract_splits.of(self.organization, *self._begins, now=self.now),
            "example": worked_example.of(self.organization, self.base, shown, at=self.now),
        }

    @property
    def _begins(self) -> tuple[datetime | None, str]:
        """When a version begins that is asked for, where that may be within a billing period, and how it is said."""
        said = self.read.cleaned_data if self.read else {}
        at = {NOW: self.now, AT: said.get("at")}.get(said.get("when", "")) if self.contract else None
        return at, self._said(at) if at else ""

    def context(self) -> dict[str, Any]:
        """What the whole page shows besides."""
        found = contract_versions.events(self.organization, scope.of(self.request.staff))
        return {
            "organization": self.organization,
            "tab": "Contract",
            "contract": self.contract,
            "prepared": self._prepared,
            "feed": contract_versions.feed(found),
            "may_search": self.request.staff.can(Permission.AUDIT_SEE),
            "resolutions": ", ".join(worked_example.resolutions(self.organization, at=self.now)),
        }

    @property
    def _prepared(self) -> dict[str, str]:
        """The version that begins later than the one that is edited: its number, and from when."""
        if self.contract is None:
            return {}
        later = self.organization.contracts.standing().filter(
            effective__startswith__gt=max(self.now, self.contract.effective.lower)
        )
        found = later.order_by("effective").first()
        return {"number": str(found.number), "begins": self._said(found.effective.lower)} if found else {}

    def _said(self, at: datetime) -> str:
        local = at.astimezone(ZoneInfo(self.base.time_zone))
        text = f"{local:%-d %b %Y}"
        return text if (local.hour, local.minute) == (0, 0) else f"{text}, {local:%H:%M}"


def rows(before: Terms, after: Terms) -> list[Row]:
    """Return what differs, term by term and price by price: what, before, after."""
    found = [
        (term_words.LABELS[name], _text(pair[0]), _text(pair[1]))
        for name, pair in term_words.changes(before, after).items()
        if name != "prices"
    ]
    return [*found, *_price_rows(before, after)]


def _price_rows(before: Terms, after: Terms) -> list[Row]:
    old, new = ({term_words.covers(price): (price, each) for price in each.prices} for each in (before, after))
    covered = [*new, *(slot for slot in old if slot not in new)]
    found = [(_label(new.get(slot) or old[slot]), _priced(old.get(slot)), _priced(new.get(slot))) for slot in covered]
    differing = [row for row in found if row[1] != row[2]]
    kept = [slot for slot in old if slot in new]
    if not differing and kept != [slot for slot in new if slot in old]:
        return [("Order of the price list", "; ".join(old), "; ".join(new))]
    return differing


def _label(found: tuple[Price, Terms]) -> str:
    return f"Price, {term_words.covers(*found)}"


def _priced(found: tuple[Price, Terms] | None) -> str:
    return "" if found is None else f"{found[0].name}: {term_words.steps(found[0], found[1].currency)}"


def _text(value: term_words.Said) -> str:
    if isinstance(value, list):
        return "; ".join(value)
    return f"{value:,}" if isinstance(value, int) else value or ""
