"""What the addresses of statements and credit notes hold, for an organization that has them."""

from collections.abc import Callable
from typing import Any

from metering import actions
from orgs.models import Organization
from tests.cast import ACTOR
from tests.metering.closing.given import a_later_contract
from tests.metering.statements.given import ISSUED, a_credit, an_october, issued


def _file(organization: Organization) -> list[Any]:
    return [organization.uid, issued(an_october(organization)).period.label, "json"]  # type: ignore[union-attr]


def _note(*further: str) -> Callable[[Organization], list[Any]]:
    def found(organization: Organization) -> list[Any]:
        statement = issued(an_october(organization))
        note = actions.issue_credit_note(adjustment=a_credit(statement.period), actor=ACTOR, now=ISSUED)  # type: ignore[arg-type]
        return [organization.uid, "2026-10", note.uid, *further]

    return found


def _credit(organization: Organization) -> list[Any]:
    statement = issued(an_october(organization))
    return [organization.uid, "2026-10", a_credit(statement.period).number]  # type: ignore[arg-type]


OF_A_STATEMENT: dict[str, Callable[[Organization], list[Any]]] = {
    "metering:period": lambda organization: [organization.uid, an_october(organization).label],
    "metering:period_checks": lambda organization: [organization.uid, an_october(organization).label],
    "metering:statement_file": _file,
    "metering:credit_note": _note(),
    "metering:credit_note_file": _note("json"),
    "metering:issue_credit_note": _credit,
    "metering:withdraw_contract": lambda organization: [organization.uid, a_later_contract(organization).number],
    "metering:send_statement": lambda organization: [organization.uid, issued(an_october(organization)).uid],
}
