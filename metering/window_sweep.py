"""Each minute: the counters of windows follow the ledger, what they say is written down, and people are told of it."""

import functools
import logging
from datetime import datetime

from django.conf import settings

from audit import trail
from keys import actions, counts, quota_warnings
from keys.limits import reconciling, store, window_uses
from metering import quotas

logger = logging.getLogger(__name__)

# The sweep may wait for a store that is busy; a decision may not.
TIMEOUT_S = 5.0


@functools.cache
def _patient(url: str) -> store.Store:
    return store.made_for(url, timeout=TIMEOUT_S)


def run(*, at: datetime) -> None:
    """Sweep the windows of all organizations. Safe to run twice, at once, and to be killed.

    Raises CounterStoreDown where the store does not answer: nothing is lost by it.
    """
    counters = _patient(settings.VALKEY_URL)
    for found in reconciling.reconcile(counters, counts.whose(None), sums=quotas.sums, at=at):
        for one in found:
            if one.used != one.before:
                logger.info("%s was %s, and is %s", one.counter, one.before, one.used)
        window_uses.write_down([(one.window, one.used) for one in found])
    for warned in quota_warnings.to_tell(at=at):
        actions.warn_of_quota(warned=warned, actor=trail.SYSTEM)
