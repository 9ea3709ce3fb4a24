"""The ASGI callable of the surfaces that people's browsers ask; the gateway's is in wsgi.py."""

from django.conf import settings

from axis_admin import doorstep, wsgi

# A link's token is all that is sent to the customers' door.
LARGEST = 64 * 1024 if settings.SURFACE == "delivery" else 6_000_000

application = doorstep.Doorstep(wsgi.application, largest=LARGEST)
