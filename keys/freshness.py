"""What a page shows is up to the second: the counter store is emptied for one organization before it is read."""

import logging

import redis
from django.db import DatabaseError

from keys import counts, refusals, uses
from keys.models import ApiKey

logger = logging.getLogger(__name__)


def refresh(organization: int) -> bool:
    """Write down what is counted of an organization; False where the store does not answer, or is busy.

    What was written down until then can be shown all the same.
    """
    try:
        # The last use after the count: a call that comes in between is not counted for a key that looks unused.
        for flush in (counts.flush, uses.flush, refusals.flush):
            flush([organization], timeout=counts.PAGE_TIMEOUT_S)
    except (redis.RedisError, DatabaseError) as error:
        logger.warning("counts are shown as of the last sweep: %s", error)
        return False
    return True


def reread(key: ApiKey) -> tuple[ApiKey, bool]:
    """Return the key with its secrets and their last use as they are now, and whether that is up to the second."""
    is_fresh = refresh(key.organization_id)
    return ApiKey.objects.with_secrets().get(pk=key.pk), is_fresh
