"""What is given back for a billing period in which we stayed below an agreed availability, as its statement says it."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from metering import currencies, rating, sla, sla_days, terms
from metering.draft_lines import Line
from metering.models import BillingPeriod
from metering.rating import Rated, Terms
from metering.sla import Measured
from orgs.objectives import Objective, shown

Served = Mapping[tuple[int, str], Measured]


def of_period(period: BillingPeriod, rated: Rated) -> list[Line]:
    """Return a line for each API version whose availability earns a credit; nothing where none is agreed."""
    agreed = terms.snapshot(period.contract)
    return list(lines(period.pk, rated, agreed, served([period], {period.contract_id: agreed})))


def served(periods: Iterable[BillingPeriod], agreed: Mapping[int, Terms]) -> Served:
    """Return how the periods went whose contracts give credits, by primary key and API version; asked once for all."""
    asked = [period for period in periods if agreed[period.contract_id].sla_credits]
    return sla_days.by_period(asked) if asked else {}


def lines(period: int, rated: Rated, agreed: Terms, how: Served) -> Iterator[Line]:
    """Yield the credits of a period: of the deepest tier missed, a part of what the version's usage costs."""
    for version in sorted({line.api_version for line in rated.lines if line.api_version}, reverse=True):
        attained = how.get((period, version), Measured()).attainment
        tier = sla.deepest(attained, agreed.sla_credits)
        cost = rated.amount_of(version)
        part = tier.credit if tier else Decimal(0)
        amount = rating.rounded(-cost * part / sla.HUNDRED, agreed.currency)
        if tier and amount:
            said = sla.said(attained, Objective(tier.below))
            note = f"{said} available, below {shown(tier.below)}%: {shown(tier.credit)}% of"
            whole = currencies.said(cost, agreed.currency)
            yield Line("sla_credit", f"SLA credit, {version}", f"{note} {whole}", amount=amount)
