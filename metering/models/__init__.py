from metering.models.contracts import BillingPeriod, Contract
from metering.models.generations import Generation, RejectedGeneration
from metering.models.rollups import UsageDay, UsageHour

__all__ = ["BillingPeriod", "Contract", "Generation", "RejectedGeneration", "UsageDay", "UsageHour"]
