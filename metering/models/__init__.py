from metering.models.adjustments import Adjustment, AdjustmentRequest
from metering.models.alerts import UsageAlert
from metering.models.checks import PeriodCheck
from metering.models.claims import IdempotencyClaim
from metering.models.contracts import Contract
from metering.models.control_totals import ControlTotal, SourceCompletion, ToldDay
from metering.models.exports import Export, ExportChunk
from metering.models.generations import Generation, RejectedGeneration
from metering.models.periods import BillingPeriod
from metering.models.prices import ContractPrice
from metering.models.rollups import UsageDay, UsageHour
from metering.models.sla import SlaDay
from metering.models.sources import PeriodSource
from metering.models.statements import Statement, StatementLine
from metering.models.sums import DaySum, StaleDay, SummedUsage

__all__ = [
    "Adjustment",
    "AdjustmentRequest",
    "BillingPeriod",
    "Contract",
    "ContractPrice",
    "ControlTotal",
    "DaySum",
    "Export",
    "ExportChunk",
    "Generation",
    "IdempotencyClaim",
    "PeriodCheck",
    "PeriodSource",
    "RejectedGeneration",
    "SlaDay",
    "SourceCompletion",
    "StaleDay",
    "Statement",
    "StatementLine",
    "SummedUsage",
    "ToldDay",
    "UsageAlert",
    "UsageDay",
    "UsageHour",
]
