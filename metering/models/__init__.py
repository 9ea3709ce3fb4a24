from metering.models.contracts import Contract
from metering.models.generations import Generation, RejectedGeneration
from metering.models.periods import BillingPeriod
from metering.models.rollups import UsageDay, UsageHour
from metering.models.statements import Statement, StatementLine

__all__ = [
    "BillingPeriod",
    "Contract",
    "Generation",
    "RejectedGeneration",
    "Statement",
    "StatementLine",
    "UsageDay",
    "UsageHour",
]
