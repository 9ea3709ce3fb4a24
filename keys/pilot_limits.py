"""Which limits a pilot has of its own, from what was agreed on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from keys.limits.limit_changes import LARGEST_BURST, Change
from keys.limits.slots import MINUTE, Slot

CAP = Slot("window", "generations", window="term")
RUNNING_JOBS = Slot("concurrency")
PREFIX = "pilot-"
CAP_NAME, JOBS_NAME = f"{PREFIX}cap", f"{PREFIX}running-jobs"
# A rate lets so much of a minute pass at once.
BURST_SECONDS = 10
MOST_A_MINUTE, MOST_JOBS = 1_000_000, 100_000


@dataclass(frozen=True)
class Agreed:
    """What a customer may do in its pilot: generations in all, requests a minute by API version, jobs at once.

    What is not agreed on is as the plan says.
    """

    generation_cap: int | None = None
    rates: Mapping[str, int] = field(default_factory=dict)
    running_jobs: int | None = None


def rate_slot(api_version: str) -> Slot:
    """What a rate of the pilot is about: requests a minute of one API version."""
    return Slot("rate", "requests", api_version, MINUTE)


def check(agreed: Agreed, *, api_versions: list[str]) -> None:
    """Raise ValidationError by field where something cannot be agreed on."""
    problems = {}
    if agreed.generation_cap is not None and not 0 < agreed.generation_cap <= 10**12:
        problems["generation_cap"] = "Write how many generations, at least 1; or nothing for no cap."
    if agreed.running_jobs is not None and not 0 < agreed.running_jobs <= MOST_JOBS:
        problems["running_jobs"] = f"Write a number from 1 to {MOST_JOBS:,}, or nothing for the plan's."
    for version, rate in agreed.rates.items():
        if version not in api_versions:
            problems["rates"] = f"The plan has no API version {version}."
        elif not 0 < rate <= MOST_A_MINUTE:
            problems[f"rate_{version}"] = f"Write a number from 1 to {MOST_A_MINUTE:,}, or nothing for the plan's."
    if problems:
        raise ValidationError(problems)


def changes(agreed: Agreed) -> dict[Slot, Change]:
    """Return what the limit of each slot is to be; a slot that is missing is the plan's."""
    found = [_rate(version, rate) for version, rate in sorted(agreed.rates.items())]
    if agreed.running_jobs is not None:
        found.append(Change(RUNNING_JOBS, limit=agreed.running_jobs, name=JOBS_NAME))
    if agreed.generation_cap is not None:
        found.append(Change(CAP, limit=agreed.generation_cap, name=CAP_NAME))
    return {change.slot: change for change in found}


def said(agreed: Agreed) -> str:
    """Say it in a line: `2,000 generations, v2 60 a minute, 4 running jobs`; `as the plan says`."""
    cap = [f"{agreed.generation_cap:,} generations"] if agreed.generation_cap is not None else []
    jobs = [f"{agreed.running_jobs:,} running jobs"] if agreed.running_jobs is not None else []
    return ", ".join([*cap, *([rates_said(agreed.rates)] if agreed.rates else []), *jobs]) or "as the plan says"


def rates_said(rates: Mapping[str, int]) -> str:
    """Say rates in a line: `v1 90 a minute, v2 40 a minute`."""
    return ", ".join(f"{version} {rate:,} a minute" for version, rate in sorted(rates.items()))


def raised(agreed: Agreed, rates: Mapping[str, int], jobs: int | None) -> Agreed:
    """Return what is more than these rates and jobs were; its cap is for anybody to agree on who sets pilots up."""
    faster = {version: rate for version, rate in agreed.rates.items() if rate > rates.get(version, 0)}
    has_more = agreed.running_jobs is not None and agreed.running_jobs > (jobs or 0)
    return Agreed(rates=faster, running_jobs=agreed.running_jobs if has_more else None)


def is_above(agreed: Agreed, threshold: int | None) -> bool:
    """Say whether a rate is above what an account manager may agree on by themselves; its burst follows from it."""
    return threshold is not None and any(rate > threshold for rate in agreed.rates.values())


def _rate(api_version: str, rate: int) -> Change:
    burst = min(max(rate * BURST_SECONDS // MINUTE, 1), LARGEST_BURST)
    return Change(rate_slot(api_version), limit=rate, burst=burst, name=f"{PREFIX}{api_version}-minute")
