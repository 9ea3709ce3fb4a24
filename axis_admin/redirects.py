"""Where a form may send the browser back to."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme


def is_own_path(url: str | None) -> bool:
    """Whether it is a path on this site: no scheme and no host, not even our own."""
    return bool(url) and str(url).startswith("/") and url_has_allowed_host_and_scheme(str(url), allowed_hosts=None)
