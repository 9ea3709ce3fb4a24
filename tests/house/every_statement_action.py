"""A call of every action on statements, with what it takes to make it."""

from collections.abc import Callable
from typing import Any

from metering import actions
from metering.models import Statement
from tests.factories import ContactFactory
from tests.metering.statements.given import ISSUED, a_credit, an_october, issued


def _issued() -> Statement:
    made = issued(an_october())
    ContactFactory(organization=made.organization)
    return made


def _credit() -> Any:
    return a_credit(_issued().period)  # type: ignore[arg-type]


EVERY_STATEMENT_ACTION: dict[Callable[..., Any], Callable[[], dict[str, Any]]] = {
    actions.send_statement: lambda: {"statement": _issued(), "reason": "because"},
    actions.issue_credit_note: lambda: {"adjustment": _credit(), "now": ISSUED},
}
