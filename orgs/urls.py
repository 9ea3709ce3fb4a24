from django.urls import path

from orgs import views

app_name = "orgs"

urlpatterns = [
    path("orgs/", views.index, name="index"),
    path("orgs/new/", views.create, name="create"),
    path("orgs/<str:uid>/", views.detail, name="detail"),
    path("orgs/<str:uid>/edit/", views.edit, name="edit"),
    path("orgs/<str:uid>/plan/", views.plan, name="plan"),
    path("orgs/<str:uid>/activate/", views.activate, name="activate"),
    path("orgs/<str:uid>/suspend/", views.suspend, name="suspend"),
    path("orgs/<str:uid>/reinstate/", views.reinstate, name="reinstate"),
    path("orgs/<str:uid>/close/", views.close, name="close"),
    path("orgs/<str:uid>/contacts/", views.contacts, name="contacts"),
    path("orgs/<str:uid>/contacts/<int:contact>/remove/", views.remove_contact, name="remove_contact"),
    path("orgs/<str:uid>/contacts/notices/", views.change_notices, name="change_notices"),
    path("orgs/<str:uid>/history/", views.history, name="history"),
]
