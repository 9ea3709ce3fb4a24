"""The log's addresses."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("audit/", views.index, name="index"),
    path("audit/<uuid:id>/", views.event, name="event"),
    # An object's id may hold a slash: a pilot has its organization's.
    path("audit/history/<str:type>/<path:id>/", views.history, name="history"),
]
