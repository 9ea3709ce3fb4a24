"""The WSGI callable of every surface; AXIS_SURFACE chooses which one."""

import gc
import os
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from axis_admin import proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")

# A verdict beside a batch of generations waits for its turn in Python, more than once: by default 5 ms each time.
TURN_SECONDS = 0.0005


def _answering() -> proxies.Wsgi:
    django = get_wsgi_application()
    # The other surfaces have middleware of their own around every answer.
    if settings.SURFACE != "gateway":
        return django
    from axis_admin.gateway import connections, dispatch

    sys.setswitchinterval(TURN_SECONDS)
    if not settings.DEBUG:
        connections.spare()
    # What is loaded by now stays: looking through it for cycles, time and again, would hold up every call.
    gc.collect()
    gc.freeze()
    return dispatch.before(django) if settings.AXIS_FAST_VALIDATE else django


application = proxies.believing(_answering(), settings.TRUSTED_PROXIES, settings.CLIENT_ADDRESS_HEADER)
