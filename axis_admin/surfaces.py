"""What is installed in a process of each surface, what happens around its requests, how it asks. Pure."""

from typing import Any

OWN = ["axis_admin", "metering", "keys", "orgs", "audit"]
# Models of ours rest on these, whatever the process answers.
ALWAYS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.postgres",
]
_PAGES = [
    "django.contrib.messages", "django.contrib.staticfiles", "django.forms",
    "allauth", "allauth.account", "allauth.socialaccount", "allauth.mfa",
    "rest_framework", "drf_spectacular", "drf_spectacular_sidecar", "django_htmx", "heroicons", "csp",
]  # fmt: skip
_APPS = {
    "gateway": ["rest_framework"],
    # The customers' door signs nobody in and keeps no session: what it needs is a page.
    "delivery": ["django.contrib.staticfiles", "heroicons", "csp"],
}

_REQUEST_ID = "axis_admin.middleware.request_id.RequestId"
_STAFF_MARK = "axis_admin.middleware.staff_mark.StaffMark"
_BROWSERS = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
]
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
_FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"


def apps(surface: str) -> list[str]:
    """Return INSTALLED_APPS of a process that answers this surface."""
    return OWN + ALWAYS + _APPS.get(surface, _PAGES)


def middleware(surface: str, *, marks_staff: bool) -> list[str]:
    """Return MIDDLEWARE of such a process; `marks_staff` has the staff site mark the browsers of our own people."""
    if surface == "gateway":
        return [_REQUEST_ID]
    if surface == "delivery":
        return [_REQUEST_ID, *_BROWSERS, _CSRF, _FRAMES]
    return [
        _REQUEST_ID,
        *_BROWSERS,
        "django.contrib.sessions.middleware.SessionMiddleware",
        *([_STAFF_MARK] if marks_staff else []),
        "axis_admin.middleware.sessions.SessionLimits",
        "django.middleware.common.CommonMiddleware",
        _CSRF,
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        _FRAMES,
        "allauth.account.middleware.AccountMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
        "axis_admin.middleware.uploads.Uploads",
        "axis_admin.middleware.staff.StaffMiddleware",
    ]


def database_options(surface: str) -> dict[str, Any]:
    """Return how such a process asks the database: with values apart from statements, prepared after some times.

    A page's are never prepared: a day and a year differ a hundredfold, and a statement that the database plans without
    its values made some pages five times as slow from their eleventh time on.
    """
    return {"server_side_binding": True, "prepare_threshold": None if surface in ("staff", "delivery") else 5}
