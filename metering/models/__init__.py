from metering.models.contracts import Contract
from metering.models.generations import Generation, RejectedGeneration
from metering.models.periods import BillingPeriod
from metering.models.rollups import UsageDay, UsageHour

__all__ = ["BillingPeriod", "Contract", "Generation", "RejectedGeneration", "UsageDay", "UsageHour"]
