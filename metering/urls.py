from django.urls import path

from metering import views

app_name = "metering"

urlpatterns = [
    path("usage/", views.index, name="index"),
    path("orgs/<str:uid>/usage/", views.for_org, name="for_org"),
    path("orgs/<str:uid>/usage/overview/", views.overview, name="overview"),
    path("pilots/", views.pilots, name="pilots"),
    path("orgs/<str:uid>/pilot/", views.pilot, name="pilot"),
    path("orgs/<str:uid>/pilot/convert/", views.convert_pilot, name="convert_pilot"),
    path("orgs/<str:uid>/usage.csv", views.export, name="export"),
]
