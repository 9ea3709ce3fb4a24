"""Which addresses the surface answers. Each surface imports only its own pages."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from axis_admin import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
if settings.SURFACE == "gateway":
    from axis_admin.gateway.views import Validate

    # Nearly every call is this one: it is found first, and at once.
    urlpatterns.insert(0, path("gateway/v1/keys/validate", Validate.as_view()))
if settings.SURFACE in ("all", "gateway"):
    urlpatterns += [path("gateway/v1/", include("axis_admin.gateway.urls"))]
if settings.SURFACE == "gateway":
    from axis_admin.gateway import problems

    # A caller that reads problem documents gets one for whatever goes wrong outside a view, too.
    handler400, handler404, handler500 = problems.bad_request, problems.not_found, problems.server_error
if settings.SERVES_DELIVERY:
    urlpatterns += [path("d/", include("axis_admin.delivery.urls"))]
if settings.SURFACE == "delivery":
    from axis_admin.delivery import refusals

    handler400, handler403, handler404, handler500 = (
        refusals.bad_request,
        refusals.bad_request,
        refusals.not_found,
        refusals.server_error,
    )
if settings.SURFACE in ("all", "staff"):
    from axis_admin.lookup import views as lookup

    urlpatterns += [path("", include("axis_admin.staff_urls"))]
    handler400 = lookup.bad_request
