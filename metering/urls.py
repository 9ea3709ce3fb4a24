from django.urls import path

from metering import views

app_name = "metering"

urlpatterns = [
    path("usage/", views.index, name="index"),
    path("orgs/<str:uid>/usage/", views.for_org, name="for_org"),
    path("orgs/<str:uid>/usage/overview/", views.overview, name="overview"),
    path("orgs/<str:uid>/usage.csv", views.export, name="export"),
]
