"""The addresses of signing in and out. allauth has many more; what is not offered here has no address."""

from __future__ import annotations

from allauth.account import views
from django.urls import URLPattern, path

# Its names are allauth's, because it reverses them; signup is closed by the adapter and says so.
urlpatterns: list[URLPattern] = [
    path("sign-in/", views.login, name="account_login"),
    path("sign-out/", views.logout, name="account_logout"),
    path("sign-in/closed/", views.account_inactive, name="account_inactive"),
    path("sign-up/", views.signup, name="account_signup"),
]
