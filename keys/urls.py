from django.urls import path

from keys import views

app_name = "keys"

urlpatterns = [
    path("keys/", views.index, name="index"),
    path("keys/links/", views.links, name="links"),
    path("keys/links/<str:uid>/resend/", views.resend_link, name="resend_link"),
    path("keys/links/<str:uid>/cancel/", views.cancel_link, name="cancel_link"),
    path("keys/links/<str:uid>/settle/", views.settle_alarm, name="settle_alarm"),
    path("keys/<str:uid>/", views.detail, name="detail"),
    path("keys/<str:uid>/rotate/", views.rotate, name="rotate"),
    path("keys/<str:uid>/edit/", views.edit, name="edit"),
    path("keys/<str:uid>/pause/", views.pause, name="pause"),
    path("keys/<str:uid>/resume/", views.resume, name="resume"),
    path("keys/<str:uid>/rotation/", views.rotation, name="rotation"),
    path("keys/<str:uid>/rotation/schedule/", views.schedule_rotation, name="schedule_rotation"),
    path("keys/<str:uid>/rotation/cancel/", views.cancel_rotation, name="cancel_rotation"),
    path("keys/<str:uid>/rotation/undo/", views.undo_rotation, name="undo_rotation"),
    path("keys/<str:uid>/rotation/end/", views.end_old_secret, name="end_old_secret"),
    path("keys/<str:uid>/rotation/extend/", views.extend_overlap, name="extend_overlap"),
    path("keys/<str:uid>/revoke/", views.revoke, name="revoke"),
    path("keys/<str:uid>/confirmed/", views.confirmed, name="confirmed"),
    path("keys/<str:uid>/refusals/", views.refusals, name="refusals"),
    path("keys/<str:uid>/dry-run/", views.dry_run, name="dry_run"),
    path("keys/<str:uid>/history/", views.history, name="history"),
    path("orgs/<str:uid>/keys/", views.for_org, name="for_org"),
    path("orgs/<str:uid>/keys/new/", views.issue, name="issue"),
    path("orgs/<str:uid>/refusals/", views.org_refusals, name="org_refusals"),
    path("refusals/<str:decision_id>/", views.refusal, name="refusal"),
    path("leaks/new/", views.report_leak, name="report_leak"),
    path("leaks/<str:uid>/", views.leak, name="leak"),
    path("leaks/<str:uid>/replace/", views.replace_leaked, name="replace_leaked"),
    path("leaks/<str:uid>/contain/", views.contain_leaked, name="contain_leaked"),
    path("leaks/<str:uid>/revoke/", views.revoke_leaked, name="revoke_leaked"),
    path("leaks/<str:uid>/close/", views.close_leak, name="close_leak"),
    path("leaks/<str:uid>/since/", views.date_leak, name="date_leak"),
    path("gateways/", views.gateways, name="gateways"),
    path("gateways/new/", views.create_gateway, name="create_gateway"),
    path("gateways/<str:uid>/", views.gateway, name="gateway"),
    path("gateways/<str:uid>/revoke/", views.revoke_gateway, name="revoke_gateway"),
]
