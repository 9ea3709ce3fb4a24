from django.urls import path

from metering import views

app_name = "metering"

urlpatterns = [
    path("usage/", views.index, name="index"),
    path("orgs/<str:uid>/usage/", views.for_org, name="for_org"),
    path("orgs/<str:uid>/usage/overview/", views.overview, name="overview"),
    path("usage/export/", views.start_export, name="start_export"),
    path("orgs/<str:uid>/usage/export/", views.start_export, name="start_export"),
    path("exports/", views.exports, name="exports"),
    path("exports/<str:uid>/file/", views.export_file, name="export_file"),
    path("exports/<str:uid>/stop/", views.cancel_export, name="cancel_export"),
    path("exports/<str:uid>/remove/", views.remove_export, name="remove_export"),
    path("orgs/<str:uid>/sla/", views.sla, name="sla"),
    path("orgs/<str:uid>/sla/overview/", views.sla_overview, name="sla_overview"),
    path("pilots/", views.pilots, name="pilots"),
    path("orgs/<str:uid>/pilot/", views.pilot, name="pilot"),
    path("orgs/<str:uid>/pilot/convert/", views.convert_pilot, name="convert_pilot"),
    path("orgs/<str:uid>/usage.csv", views.export, name="export"),
]
