"""The WSGI callable of every surface; AXIS_SURFACE chooses which one."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from axis_admin import proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")

application = proxies.believing(get_wsgi_application(), settings.TRUSTED_PROXIES)
