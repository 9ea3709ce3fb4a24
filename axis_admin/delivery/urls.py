"""The one address that customers know."""

from django.urls import URLPattern, path

from axis_admin.delivery import views

urlpatterns: list[URLPattern] = [path("<str:uid>", views.delivery, name="delivery")]
