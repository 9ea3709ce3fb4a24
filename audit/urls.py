"""The addresses of the log and of jobs."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("audit/", views.index, name="index"),
    path("audit/<uuid:id>/", views.event, name="event"),
    # An object's id may hold a slash: a pilot has its organization's.
    path("audit/history/<str:type>/<path:id>/", views.history, name="history"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<uuid:id>/", views.job, name="job"),
    path("jobs/<uuid:id>/stop/", views.cancel_job, name="cancel_job"),
    path("jobs/<uuid:id>/results.csv", views.export_job, name="export_job"),
]
