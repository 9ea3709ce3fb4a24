"""What an organization was promised of an API version, and when: by the plan versions that it was on."""

from datetime import datetime

from keys.limits import plan_times
from orgs.models import Organization, PlanVersion
from orgs.objectives import Objective


class Promises:
    """The objectives of an organization over time. Asks the trail once, when the past is first asked for."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._tenures: list[tuple[datetime, datetime | None, PlanVersion]] | None = None

    def at(self, when: datetime, api_version: str) -> Objective:
        """Return what held at that time; before the organization began, what held at its beginning."""
        if self._tenures is None:
            found = plan_times.of(self._organization)
            versions = PlanVersion.objects.in_bulk([one.version for one in found])
            self._tenures = [(one.since, one.until, versions[one.version]) for one in found]
        for since, _, version in self._tenures:
            if since <= when:
                return version.objective(api_version)
        return self._tenures[-1][2].objective(api_version)
