"""The addresses of every surface but the gateway's own, which stand in axis_admin.gateway.urls."""

import importlib.util

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from axis_admin import views

health: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


staff: list[URLPattern | URLResolver] = [
    path("", include(f"{app}.urls")) for app in ("orgs", "keys", "metering", "audit") if _exists(f"{app}.urls")
]
if _exists("axis_admin.appearance") and _exists("axis_admin.gallery"):
    from axis_admin import appearance, gallery

    staff += [path("", include("axis_admin.sign_in")), path("appearance/", appearance.appearance, name="appearance")]
    if settings.DEBUG:
        staff += [
            path("gallery/", gallery.components, name="gallery"),
            path("gallery/states/", gallery.states, name="gallery_states"),
        ]
gateway: list[URLPattern | URLResolver] = (
    [path("gateway/v1/", include("axis_admin.gateway.urls"))] if _exists("axis_admin.gateway.urls") else []
)
urlpatterns = health + {"staff": staff, "gateway": gateway, "all": staff + gateway, "delivery": []}[settings.SURFACE]
