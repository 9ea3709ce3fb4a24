"""A pilot as pages show it: how far it is, what it has used, and what stands in the way of converting it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from keys import criteria, pilot_limits, pilot_states, pilot_terms
from keys.actions import pilot_records
from keys.criteria import Measured, Progress
from keys.models import Pilot, PilotCriterion
from keys.states import Seen
from metering import pilot_use, readiness
from metering.blockers import Blocker

FULL = 100


@dataclass(frozen=True)
class Line:
    """One line of what it has to show, and how far it is."""

    row: PilotCriterion
    progress: Progress

    @property
    def is_ticked_by_people(self) -> bool:
        return self.row.kind == criteria.Kind.WORDS


@dataclass(frozen=True)
class Card:
    """One pilot at one time. What is asked of the ledger is asked when it is first shown."""

    pilot: Pilot
    at: datetime

    @cached_property
    def state(self) -> Seen:
        return pilot_states.seen(self.pilot, at=self.at)

    @cached_property
    def lines(self) -> list[Line]:
        """What it has to show, in its order."""
        return [
            Line(row, criteria.progress(row.line, self.measured, is_ticked=row.ticked_at is not None))
            for row in self.rows
        ]

    @cached_property
    def rows(self) -> list[PilotCriterion]:
        return list(self.pilot.criteria.all())

    @cached_property
    def measured(self) -> Measured:
        is_timed = any(row.kind == criteria.Kind.LATENCY for row in self.rows)
        return pilot_use.measured(self.pilot, at=self.at, timed=is_timed)

    @property
    def met(self) -> str:
        """How many lines are met: `2 of 3 met`; nothing where it has to show nothing."""
        return criteria.met([line.progress for line in self.lines]) if self.lines else ""

    @cached_property
    def meter(self) -> dict[str, Any] | None:
        """What of the cap is used; None where there is no cap."""
        cap, used = self.pilot.generation_cap, self.measured.succeeded
        if cap is None:
            return None
        percent = pilot_terms.percent(used, cap)
        tone = "bad" if percent >= FULL else "warn" if percent >= pilot_terms.CAP_PERCENT else ""
        return {
            "label": "Generations of the cap",
            "text": f"{used:,} of {cap:,}",
            "pct": percent,
            "tone": tone,
            "note": "Further calls are refused with QUOTA_EXCEEDED." if percent >= FULL else "",
        }

    @property
    def is_near_cap(self) -> bool:
        """Whether so much of the cap of a pilot that runs is used that people are to be told."""
        runs = self.pilot.is_running(at=self.at)
        return runs and pilot_terms.cap_reached(self.measured.succeeded, self.pilot.generation_cap)

    @cached_property
    def blockers(self) -> list[Blocker]:
        """What stands in the way of converting it; nothing for what is not to be converted any more."""
        settled = (Pilot.State.CONVERTED, Pilot.State.CANCELLED)
        return [] if self.pilot.state in settled else readiness.in_the_way(self.pilot, at=self.at)

    @property
    def shows_blockers(self) -> bool:
        """Whether it is time to look at what stands in the way: two weeks before the end, and after it."""
        is_near = self.pilot.ends_at <= self.at + pilot_terms.AHEAD
        return bool(self.blockers) and is_near and self.pilot.state != Pilot.State.DRAFT

    @property
    def own(self) -> str:
        """What it may do, in a line."""
        return pilot_limits.said(pilot_records.agreed_of(self.pilot))

    @property
    def beginning(self) -> str:
        """What stands before the time of its beginning."""
        pilot = self.pilot
        if pilot.has_started(at=pilot.settled_at or self.at):
            return "Began"
        return "Was to begin" if pilot.settled_at else "Begins" if pilot.is_open else "To begin"

    @property
    def steps(self) -> list[dict[str, str]]:
        """The course of a pilot, and where it stands."""
        pilot, end = self.pilot, _ENDS.get(Pilot.State(self.pilot.state), "Converted")
        over = bool(pilot.settled_at)
        begun = over or (pilot.is_open and pilot.has_started(at=self.at))
        return [
            {"text": "Planned", "note": "", "state": "done" if begun else "now"},
            {"text": "Running", "note": _day(pilot.starts_at), "state": "done" if over else "now" if begun else ""},
            {"text": end, "note": _day(pilot.settled_at) if over else "", "state": "done" if over else ""},
        ]


_ENDS = {Pilot.State.EXPIRED: "Ended", Pilot.State.CANCELLED: "Cancelled"}


def _day(at: datetime | None) -> str:
    return f"{at:%-d %b %Y}" if at else ""
