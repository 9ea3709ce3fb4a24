"""What was examined is closed as it was found; what has changed since is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from audit import trail
from metering import actions, advancing, drafts
from metering.models import BillingPeriod, ControlTotal, Statement
from orgs.models import Staff
from tests.metering.adjustments.conftest import credit
from tests.metering.closing.given import NOW, OCTOBER, a_contract, counted, in_review, period_of, set_state

pytestmark = pytest.mark.django_db


def _close(period: BillingPeriod, draft: drafts.Draft) -> BillingPeriod:
    return actions.close_unchanged(period=period, actor=trail.SYSTEM, now=NOW, draft=draft)


def test_what_has_not_changed_is_final_in_one_step() -> None:
    period = in_review(a_contract())
    counted(period, 10)
    closed = _close(period, drafts.draft(period))
    assert (closed.state, closed.finished_at) == ("final", NOW)
    closed.refresh_from_db()
    assert (closed.state, closed.finished_at, closed.statements.count()) == ("final", NOW, 1)


@pytest.mark.parametrize(
    "columns",
    [
        {"held_at": NOW, "held_by": "Bea", "hold_reason": "a dispute"},
        {"review_until": NOW + timedelta(seconds=1)},
        {"state": "closing"},
    ],
)
def test_what_is_held_or_has_gone_on_is_not(columns: dict[str, Any]) -> None:
    period = in_review(a_contract())
    draft = drafts.draft(period)
    set_state(period, **{"state": "review", **columns})
    with pytest.raises(ValidationError, match="has changed meanwhile"):
        _close(period, draft)
    assert not Statement.objects.exists()


@pytest.mark.parametrize("dimensions", [{}, {"service_tier": "pilot"}, {"resolution": "8K"}])
def test_what_was_counted_since_is_seen(dimensions: dict[str, Any]) -> None:
    period = in_review(a_contract())
    counted(period, 10)
    draft = drafts.draft(period)
    counted(period, 1, aspect_ratio="16:9", **dimensions)
    with pytest.raises(ValidationError, match="has changed meanwhile"):
        _close(period, draft)


def test_what_somebody_asked_for_since_is_in_the_way(billing: Staff) -> None:
    period = in_review(a_contract())
    draft = drafts.draft(period)
    credit(period, billing)
    with pytest.raises(ValidationError, match="has changed meanwhile"):
        _close(period, draft)
    overridden = set_state(period, "review", override_at=NOW, override_by="Bea", override_reason="it is refused anyway")
    assert _close(overridden, draft).state == "final"


def test_nothing_is_asked_for_on_a_bill_that_has_become_final_meanwhile(billing: Staff) -> None:
    seen = in_review(a_contract())
    _close(period_of(seen.contract), drafts.draft(seen))
    with pytest.raises(ValidationError, match="is final: nothing is counted into it any more"):
        credit(seen, billing)


def test_the_sweep_takes_what_has_changed_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    period = in_review(a_contract(since=OCTOBER))
    hour = period.span.lower + timedelta(days=3, hours=9)
    ControlTotal.objects.create(
        source="gw-1", organization=period.organization, api_version="v2", succeeded=10, gateway="g", hour=hour,
        received_at=NOW,
    )  # fmt: skip
    read = drafts.of_periods
    counts = iter((10,))

    def reports_then(periods: Any) -> Any:
        """A gateway reports between the reading and the close, once."""
        found = read(periods)
        for late in counts:
            counted(period, late)
        return found

    monkeypatch.setattr(drafts, "of_periods", reports_then)
    # Only now do the gateway's counts and ours agree: what was read before it was in the way.
    assert advancing.advance([period.pk], now=NOW) == 1
    assert Statement.objects.get().document.count('"quantity":10') == 1
