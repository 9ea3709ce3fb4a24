"""docs/staff.md says who may do what, as the policy does."""

import re
from datetime import timedelta

from audit.forms import SearchForm
from audit.models import Event
from axis_admin.lookup import calls, uploads
from axis_admin.middleware import sessions
from keys import (
    criteria,
    deliveries,
    dry_run,
    exposure,
    pilot_terms,
    pilots,
    refusals,
    retention,
    rotation,
    states,
)
from keys.actions import openings
from metering import passed
from orgs import lifecycle, policy, proof
from orgs.actions import reservations
from orgs.models import Reservation
from orgs.policy import Permission, Role, Rule
from tests.docs import markdown

TEXT = markdown.read("staff")
ROLES = markdown.section(TEXT, "## Who may do what")


def _said(rule: Rule | None) -> str:
    if rule is None:
        return ""
    where = "staging" if rule.environments else "own" if rule.own else ""
    return ", ".join(filter(None, [where, "proof" if rule.step_up else ""])) or "yes"


def test_the_table_of_roles_is_the_policy() -> None:
    head = next(line for line in ROLES.splitlines() if line.startswith("| to |"))
    assert [cell.strip() for cell in head.strip("|").split("|")][1:-1] == Role.labels
    told = {cells[-1].strip("`"): cells[1:-1] for cells in markdown.rows(ROLES)}
    assert told == {
        permission.value: [_said(policy.TABLE[permission].get(role)) for role in Role] for permission in Permission
    }


def test_every_state_of_an_organization_is_there() -> None:
    told = [cells[0] for cells in markdown.rows(markdown.section(TEXT, "## Organizations and their states"))]
    assert told == lifecycle.Status.labels


def test_every_state_of_a_reservation_is_there() -> None:
    section = markdown.section(TEXT, "## Capacity")
    assert [cells[0] for cells in markdown.rows(section)] == Reservation.State.labels
    assert f"{reservations.LONGEST_HOLD.days} days away at most" in section


def test_every_badge_of_a_key_is_there() -> None:
    told = {cells[0] for cells in markdown.rows(markdown.section(TEXT, "## Keys"))}
    source = (markdown.ROOT / "keys" / "states.py").read_text().partition("def of_secret")[0]
    assert all(f'Seen("{badge}"' in source for badge in told)
    assert source.count("return Seen(") == len(told)
    assert {label for _, label in states.CHOICES if " " not in label} <= told


def test_every_state_of_a_link_is_there() -> None:
    table = markdown.section(TEXT, "## Handing over a key")
    source = (markdown.ROOT / "keys" / "states.py").read_text().partition("def of_link")[2].partition("\ndef ")[0]
    told = [cells[0] for cells in markdown.rows(table)]
    assert sorted(told) == sorted(re.findall(r'return Seen\("([^"]+)"', source))
    assert all(label in table for label in deliveries.LABELS.values())
    assert f"within {openings.MOMENT.seconds} seconds" in table


def test_every_overlap_is_there() -> None:
    for label in rotation.LABELS.values():
        assert label in TEXT or label == rotation.LABELS["now"], label
    assert "not at all" in TEXT


def test_every_filter_of_the_audit_log_is_there() -> None:
    table = markdown.section(TEXT, "## The audit log")
    told = [name for cells in markdown.rows(table) for name in markdown.CODE.findall(cells[0])]
    shown = [name for name in SearchForm.base_fields if name not in ("older", "newer")]
    assert sorted(told) == sorted(shown)
    assert all(f"`{outcome}`" in table for outcome in Event.Outcome.values)


def test_its_times_are_the_code_s(settings) -> None:
    assert f"after {settings.SESSION_IDLE.seconds // 60} minutes without a click" in TEXT
    assert f"after {settings.SESSION_LONGEST.seconds // 3600} hours in any case" in TEXT
    assert f"lasts {proof.LASTS.seconds // 60} minutes" in TEXT
    assert proof.AT_MOST.seconds == 3600
    assert sessions.SAVE_EVERY < settings.SESSION_IDLE


def test_what_is_kept_of_refusals_is_the_code_s() -> None:
    section = markdown.section(TEXT, "## Why a call was refused")
    assert f"calls of the last {retention.REFUSALS.days} days" in section
    assert f"{refusals.MOST_A_MINUTE} refusals a minute" in section
    assert f"the last {dry_run.LENGTH // timedelta(hours=1)} hours" in section


def test_what_it_says_of_the_paste_box_and_of_leaks_is_the_code_s() -> None:
    section = markdown.section(TEXT, "## Paste anything")
    assert f"up to {uploads.LARGEST >> 20} MiB" in section
    assert f"in the last {calls.KNOWN.days} days" in section
    assert f"for {retention.REFUSALS.days} days" in section
    assert f"the last {passed.STEPS[-1] // timedelta(hours=1)} hours are read" in section
    assert f"for {passed.SECONDS:.0f} seconds at most" in section
    told = markdown.section(TEXT, "## When a key leaks")
    assert f"of the last {exposure.KNOWN.days} days alone" in told
    assert f"in the last {dry_run.LENGTH.total_seconds() / 3600:.0f} hours" in told
    assert f"the {retention.CALLERS.days} days before" in told


def test_what_it_says_of_pilots_is_the_code_s() -> None:
    section = markdown.section(TEXT, "## Pilots")
    assert f"({pilots.USUAL_LENGTH.days} days unless you say" in section
    assert f"within {pilots.RECENTLY.days} days after it has ended" in section
    assert f"More than {pilots.POLICY_LENGTH.days} days in all" in section
    *first, last = pilot_terms.MARKS
    assert f"{', '.join(map(str, first))} and {last} days before the end" in section.replace("\n", " ")
    assert f"{pilot_terms.CAP_PERCENT} % of the cap" in section
    lines = [criteria.read(line)[0] for line in markdown.CODE.findall(section) if " " in line]
    assert {line.kind for line in lines} == set(criteria.Kind) - {criteria.Kind.WORDS}
