"""The addresses of the gateway's API, below /gateway/v1/."""

from django.urls import path, re_path

from axis_admin.gateway import changes, control_totals, documents, leaks, leases, views

urlpatterns = [
    path("keys/validate", views.Validate.as_view(), name="gateway_validate"),
    path("changes", changes.Changes.as_view(), name="gateway_changes"),
    path("leaks", leaks.Leaks.as_view(), name="gateway_leaks"),
    path("leases/<str:id>/renew", leases.Renew.as_view(), name="gateway_renew_lease"),
    path("leases/<str:id>", leases.Release.as_view(), name="gateway_release_lease"),
    path("generations", views.Generations.as_view(), name="gateway_generations"),
    path("control-totals", control_totals.ControlTotals.as_view(), name="gateway_control_totals"),
    path("openapi.json", documents.openapi, name="gateway_openapi"),
    path("docs", documents.page, name="gateway_docs"),
    path("docs/<str:name>", documents.asset, name="gateway_docs_asset"),
    re_path(r"", documents.nothing, name="gateway_nothing"),
]
