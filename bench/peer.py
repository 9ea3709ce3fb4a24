"""The package that one would take otherwise: HasAPIKey of djangorestframework-api-key, in a Django project of its own.

It gets what helps it: JSON alone, no authentication classes, no middleware, a database connection that stays open.
Run as `python -m bench.peer COUNT` it makes its tables and so many keys, and prints them as JSON.
"""

import json
import os
import sys

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from psycopg.conninfo import conninfo_to_dict

DATABASE = conninfo_to_dict(os.environ["BENCH_DATABASE"])

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE["dbname"],
            "HOST": DATABASE["host"],
            "USER": DATABASE["user"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework", "rest_framework_api_key"],
    LOGGING_CONFIG=None,
    MIDDLEWARE=[],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF="bench.peer_view",
    SECRET_KEY="nothing is signed here",
    USE_TZ=True,
)
application = get_wsgi_application()


def make(count: int) -> list[str]:
    """Make the tables and so many keys; returns the keys."""
    # A model can be imported only now that there are settings.
    from rest_framework_api_key.models import APIKey

    call_command("migrate", verbosity=0, interactive=False)
    return [APIKey.objects.create_key(name=f"key {number}")[1] for number in range(count)]


if __name__ == "__main__":
    print(json.dumps(make(int(sys.argv[1]))))
