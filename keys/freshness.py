"""What a page shows is up to the second: the counter store is emptied for one organization before it is read."""

import logging

import redis
from django.db import DatabaseError

from keys import counts, refusals, uses

logger = logging.getLogger(__name__)


def refresh(organization: int) -> bool:
    """Write down what is counted of an organization; False where the store does not answer, or is busy.

    What was written down until then can be shown all the same.
    """
    try:
        for flush in (uses.flush, counts.flush, refusals.flush):
            flush([organization], timeout=counts.PAGE_TIMEOUT_S)
    except (redis.RedisError, DatabaseError) as error:
        logger.warning("counts are shown as of the last sweep: %s", error)
        return False
    return True
