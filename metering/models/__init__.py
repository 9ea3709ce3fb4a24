from metering.models.alerts import UsageAlert
from metering.models.contracts import Contract
from metering.models.exports import Export, ExportChunk
from metering.models.generations import Generation, RejectedGeneration
from metering.models.periods import BillingPeriod
from metering.models.rollups import UsageDay, UsageHour
from metering.models.statements import Statement, StatementLine

__all__ = [
    "BillingPeriod",
    "Contract",
    "Export",
    "ExportChunk",
    "Generation",
    "RejectedGeneration",
    "Statement",
    "StatementLine",
    "UsageAlert",
    "UsageDay",
    "UsageHour",
]
