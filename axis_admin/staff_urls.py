"""The addresses of the staff site."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from axis_admin import appearance, home
from axis_admin.lookup import views as lookup

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("lookup/", lookup.lookup, name="lookup"),
    path("", include("axis_admin.sign_in")),
    path("appearance/", appearance.appearance, name="appearance"),
    path("", include("orgs.urls")),
    path("", include("keys.urls")),
    path("", include("metering.urls")),
    path("", include("audit.urls")),
]

if settings.DEBUG:
    from axis_admin import gallery

    urlpatterns += [
        path("gallery/", gallery.components, name="gallery"),
        path("gallery/states/", gallery.states, name="gallery_states"),
    ]
