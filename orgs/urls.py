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
    path("orgs/<str:uid>/capacity/", views.org_capacity, name="org_capacity"),
    path("capacity/", views.capacity, name="capacity"),
    # No pool can have these codes.
    path("capacity/new/", views.create_pool, name="create_pool"),
    path("capacity/reserve/", views.reserve, name="reserve"),
    path("capacity/reservations/<str:uid>/", views.reservation, name="reservation"),
    path("capacity/reservations/<str:uid>/confirm/", views.confirm_hold, name="confirm_hold"),
    path("capacity/reservations/<str:uid>/extend/", views.extend_reservation, name="extend_reservation"),
    path("capacity/reservations/<str:uid>/shorten/", views.shorten_reservation, name="shorten_reservation"),
    path("capacity/reservations/<str:uid>/cancel/", views.cancel_reservation, name="cancel_reservation"),
    path("capacity/<str:code>/", views.pool, name="pool"),
    path("capacity/<str:code>/change/", views.change_pool, name="change_pool"),
    path("capacity/<str:code>/capacity/", views.set_capacity, name="set_capacity"),
]
