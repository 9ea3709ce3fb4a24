"""A call of every action on billing periods, with what it takes to make it."""

from collections.abc import Callable
from typing import Any

from metering import actions, drafts
from tests.metering.closing.given import (
    NOW,
    a_contract,
    a_later_contract,
    differing,
    held,
    in_review,
    period_of,
    set_state,
)

WHY = {"reason": "because", "now": NOW}


def _closing() -> Any:
    return set_state(in_review(a_contract()), "closing")


def _examined() -> dict[str, Any]:
    period = in_review(a_contract())
    return {"period": period, "draft": drafts.draft(period), "now": NOW}


def _several() -> dict[str, Any]:
    periods = [in_review(a_contract()) for _ in range(2)]
    return {"examined": [(period, drafts.draft(period)) for period in periods], "now": NOW}


EVERY_PERIOD_ACTION: dict[Callable[..., Any], Callable[[], dict[str, Any]]] = {
    actions.begin_review: lambda: {"period": period_of(a_contract()), "now": NOW},
    actions.hold_period: lambda: {"period": in_review(a_contract()), **WHY},
    actions.release_period: lambda: {"period": held()},
    actions.override_agreement: lambda: {"period": differing(), **WHY},
    actions.begin_closing: lambda: {"period": in_review(a_contract()), "now": NOW},
    actions.close_together: _several,
    actions.close_unchanged: _examined,
    actions.finish_closing: lambda: {"period": _closing(), "now": NOW},
    actions.finish_period: lambda: {"period": in_review(a_contract()), **WHY},
    actions.withdraw_contract: lambda: {"contract": a_later_contract(), **WHY},
}
