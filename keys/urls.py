from django.urls import path

from keys import views

app_name = "keys"

urlpatterns = [
    path("keys/", views.index, name="index"),
    path("keys/<str:uid>/", views.detail, name="detail"),
    path("keys/<str:uid>/rotate/", views.rotate, name="rotate"),
    path("keys/<str:uid>/edit/", views.edit, name="edit"),
    path("keys/<str:uid>/pause/", views.pause, name="pause"),
    path("keys/<str:uid>/resume/", views.resume, name="resume"),
    path("keys/<str:uid>/revoke/", views.revoke, name="revoke"),
    path("keys/<str:uid>/history/", views.history, name="history"),
    path("orgs/<str:uid>/keys/", views.for_org, name="for_org"),
    path("orgs/<str:uid>/keys/new/", views.issue, name="issue"),
    path("gateways/", views.gateways, name="gateways"),
    path("gateways/new/", views.create_gateway, name="create_gateway"),
    path("gateways/<str:uid>/", views.gateway, name="gateway"),
    path("gateways/<str:uid>/revoke/", views.revoke_gateway, name="revoke_gateway"),
]
