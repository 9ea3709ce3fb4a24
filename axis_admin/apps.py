"""The project package as an app: its commands, its template tags and its models-free pages."""

from django.apps import AppConfig


class AxisAdminConfig(AppConfig):
    name = "axis_admin"
    verbose_name = "Axis Admin"
