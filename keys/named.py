"""Which of the names that callers give are organizations, as this process knows it: a set that is read now and then."""

import logging
import threading
import time

from django.db import DatabaseError

from orgs.models import Organization

logger = logging.getLogger(__name__)

LASTS_S = 60.0
# Numbers are handed out before rows are committed: so many of the newest are read once more.
_AGAIN = 1_000


class Names:
    """The ids of all organizations. None is ever removed, so that only what was added has to be read."""

    def __init__(self) -> None:
        self._uids: set[str] = set()
        self._newest = 0
        self._until = 0.0
        self._reading = threading.Lock()

    def knows(self, uid: str) -> bool:
        """Say whether this is an organization's id; of one that was made within the last minute perhaps not yet."""
        if time.monotonic() >= self._until and self._reading.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._reading.release()
        return uid in self._uids

    def _read(self) -> None:
        # Also where it fails: a database that is away is not asked for each call.
        self._until = time.monotonic() + LASTS_S
        try:
            rows = list(Organization.objects.filter(pk__gt=self._newest - _AGAIN).order_by().values_list("pk", "uid"))
        except DatabaseError as error:
            logger.warning("organizations' ids cannot be read: %s", error)
            return
        self._uids.update(uid for _, uid in rows)
        self._newest = max((pk for pk, _ in rows), default=self._newest)
