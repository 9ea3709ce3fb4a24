"""The lines of a limits editor: of an organization with what its plan says, of a key with what its organization has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from keys.actions import pilot_rules
from keys.limits import codes, effective, limit_changes
from keys.limits.holding import terms_of
from keys.limits.replay import Week
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.limits.terms import Terms
from keys.models import ApiKey
from orgs.models import Organization


@dataclass(frozen=True)
class Entry:
    """One slot of an editor. `own` is what was set here; `inherited` what counts where nothing was.

    Of a key `bound` is its organization's limit, which holds besides. `changes_at` is when `own` gives way by itself,
    or something that was set for later begins, and `following` says to what. `is_pilots` where its pilot has set it.
    """

    slot: Slot
    own: LimitRule | None
    inherited: LimitRule | None = None
    bound: LimitRule | None = None
    key: int | None = None
    changes_at: datetime | None = None
    following: str = ""
    is_pilots: bool = False

    @property
    def code(self) -> str:
        return codes.code(self.slot)

    @property
    def counts(self) -> LimitRule | None:
        return self.own or self.inherited

    @property
    def is_fixed(self) -> bool:
        """Whether it is set elsewhere: the limits of a pilot belong to the pilot."""
        return self.is_pilots or self.slot.window == LimitRule.Window.TERM

    @property
    def beside(self) -> LimitRule | None:
        """What stands beside the input: the plan's limit, or of a key its organization's."""
        return self.bound if self.key else self.inherited

    @property
    def source(self) -> str:
        """Where the limit beside it comes from."""
        if self.beside is None:
            return ""
        return str(self.beside.plan_version) if self.beside.plan_version_id else "this organization"

    @property
    def placeholder(self) -> str:
        return f"{self.inherited.limit:,}" if self.inherited else "none"

    @property
    def sub(self) -> str:
        """How it works, in words: blocks, burst 40."""
        rule = self.counts
        if rule is None:
            return "no limit of its own"
        warned = " and ".join(f"{percent}%" for percent in rule.warn_at)
        parts = ["blocks" if rule.mode == "block" else "only warns", f"burst {rule.burst:,}" if rule.burst else ""]
        parts += [f"{rule.overage_allowance:,} over it allowed" if rule.overage_allowance else ""]
        parts += [f"warns at {warned}" if warned else "", "any version" if self.slot.api_version is None else ""]
        return ", ".join(filter(None, parts))

    @property
    def terms(self) -> Terms | None:
        """The numbers that count now."""
        return terms_of(self.counts) if self.counts else None


def of_organization(organization: Organization, *, at: datetime) -> list[Entry]:
    """Return a line for each slot in which the organization has a limit, or is to have one."""
    lines = effective.of(organization, at=at)
    of_pilot = pilot_rules.slots_of(organization, at=at)
    wanted = [line for line in lines if line.own or line.inherited or line.changes_at]
    return [
        Entry(
            line.slot,
            line.own,
            inherited=line.inherited,
            changes_at=line.changes_at,
            following=line.said_next if line.changes_at else "",
            is_pilots=line.slot in of_pilot,
        )
        for line in wanted
    ]


def of_key(key: ApiKey, *, at: datetime) -> list[Entry]:
    """Return a line for each slot in which the key or its organization has a limit that the key's calls meet."""
    own = LimitRule.objects.filter(key=key).not_over(at=at).filter(effective__isempty=False).order_by("effective")
    mine: dict[Slot, list[LimitRule]] = {}
    for rule in own:
        mine.setdefault(rule.about, []).append(rule)
    bounds = {line.slot: line.counts for line in effective.of(key.organization, at=at) if line.counts}
    met = {slot for slot in bounds if slot.api_version in (None, *key.api_versions) and slot.window != "term"}
    slots = sorted({*met, *mine}, key=lambda slot: slot.order)
    return [_of_key(key, slot, mine.get(slot, []), bounds.get(slot), at=at) for slot in slots]


def _of_key(key: ApiKey, slot: Slot, rules: Sequence[LimitRule], bound: LimitRule | None, *, at: datetime) -> Entry:
    present = next((rule for rule in rules if at in rule.effective), None)
    later = next((rule for rule in rules if rule.effective.lower > at), None)
    changes_at = present.effective.upper if present else later.effective.lower if later else None
    following = later if later and later.effective.lower == changes_at else None
    said = limit_changes.said(slot, following) if changes_at else ""
    return Entry(slot, present, bound=bound, key=key.pk, changes_at=changes_at, following=said)


def valued(entries: Iterable[Entry]) -> Mapping[Slot, LimitRule]:
    """Return what counts in each slot."""
    return {entry.slot: entry.counts for entry in entries if entry.counts}


@dataclass(frozen=True)
class Used:
    """The most that was used of a limit in seven days, as a meter; of running jobs it is an estimate."""

    peak: int
    percent: int | None = None
    is_estimate: bool = False

    @property
    def tone(self) -> str:
        return "bad" if (self.percent or 0) >= 100 else "warn" if (self.percent or 0) >= 80 else ""


def used(entry: Entry, week: Week) -> Used:
    """Return the peak of a line, beside the limit that counts now."""
    rule = entry.counts or entry.bound
    if rule is None:
        return Used(0)
    terms = terms_of(rule)
    peak = week.peak(Terms(terms.slot, terms.limit, terms.burst, terms.mode, terms.overage, entry.key))
    # A period of less than a minute is told by its busiest minute.
    times = 60 // terms.slot.period_s if terms.slot.period_s and terms.slot.period_s < 60 else 1
    percent = round(peak * 100 / (rule.limit * times)) if rule.limit else None
    return Used(peak, percent, is_estimate=terms.kind == "concurrency")
