"""The addresses of the staff site."""

import importlib.util

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from axis_admin import appearance, home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("", include("axis_admin.sign_in")),
    path("appearance/", appearance.appearance, name="appearance"),
]


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


urlpatterns += [
    path("", include(f"{app}.urls")) for app in ("orgs", "keys", "metering", "audit") if _exists(f"{app}.urls")
]

if settings.DEBUG:
    from axis_admin import gallery

    urlpatterns += [
        path("gallery/", gallery.components, name="gallery"),
        path("gallery/states/", gallery.states, name="gallery_states"),
    ]
