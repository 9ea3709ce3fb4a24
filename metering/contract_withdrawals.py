"""A version of a contract that has not begun is withdrawn: what held before it goes on."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from psycopg.types.range import TimestamptzRange

from audit import trail
from metering import contract_records, fences, period_openings
from metering.models import Contract
from orgs import actions as organizations


@transaction.atomic
def withdraw_contract(
    *, contract: Contract, actor: trail.Actor, now: datetime, reason: str, ticket: str = ""
) -> Contract:
    """Let a version never begin; the one before it goes on to where it was to end, with its billing periods.

    It keeps its number and what it says. Raises ValidationError once it has begun, where nothing was agreed before it,
    where something was counted into a period of it, and where money in its own currency stands on one.
    """
    # Batches that count come first: what is counted into its periods stays there.
    fences.alone(contract.organization_id)
    organization = organizations.lock_organization(contract.organization)
    contract = organization.contracts.select_for_update().get(pk=contract.pk)
    before = _before(contract)
    if before is None or problem_of(contract, at=now):
        raise ValidationError(problem_of(contract, at=now))
    before.effective = TimestamptzRange(before.effective.lower, contract.effective.upper, "[)")
    joined = period_openings.join_periods(contract, before)
    contract.withdrawn_at = now
    contract.save(update_fields=["withdrawn_at"])
    before.save(update_fields=["effective"])
    contract_records.withdrawn(contract, [before.target, *joined], actor=actor, reason=reason, ticket=ticket)
    period_openings.fill_up(before, actor=actor)
    period_openings.check_labels(organization)
    return contract


def problem_of(contract: Contract, *, at: datetime) -> str:
    """Say why a version cannot be withdrawn; nothing where it can, as far as its dates tell."""
    name = f"Version {contract.number}"
    if contract.withdrawn_at is not None:
        return f"{name} is withdrawn already."
    if contract.effective.lower <= at:
        return f"{name} has begun: it is not withdrawn any more. Let its next version begin instead."
    if _before(contract) is None:
        return f"Nothing is agreed until {name[0].lower()}{name[1:]} begins. Correct it instead."
    return ""


def _before(contract: Contract) -> Contract | None:
    """The version that ends where this one begins, locked only together with its organization."""
    rows = contract.organization.contracts.standing().select_related("organization")
    return rows.filter(effective__endswith=contract.effective.lower).first()
