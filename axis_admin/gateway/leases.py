"""POST leases/{id}/renew and DELETE leases/{id}: a running job goes on, or has ended."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from axis_admin.gateway import bodies, metrics, problems
from axis_admin.gateway.base import GatewayView
from axis_admin.gateway.schema import BODILESS, with_problems, without_answer
from axis_admin.gateway.serializers.leases import RenewedSerializer
from axis_admin.gateway.wire import rfc3339
from keys.gateways import Scope
from keys.limits import ending, leases, store
from keys.limits.leases import Held

_ID = OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH, description="As validate told it.")
# How an answer's status is counted.
_COUNTED = {200: "renewed", 204: "released", 404: "unknown", 410: "over"}


class _LeaseView(GatewayView):
    """What both do: find the lease by what its id says, and say so where the counter store is away."""

    scope = Scope.VALIDATE

    def done(self, request: Request, id: str) -> HttpResponse:
        """Do it; an answer of the gateway's own lease, or a problem."""
        # Nothing is asked of a body, and one that is left unread would end the connection.
        bodies.drain(request._request)
        try:
            answer = self.carried_out(id, _held(id, gateway=self.gateway.id))
        except problems.Problem as problem:
            metrics.LEASES.labels(_COUNTED[problem.status]).inc()
            raise
        except store.CounterStoreDown as error:
            metrics.STORE_ERRORS.inc()
            raise problems.cannot_tell() from error
        metrics.LEASES.labels(_COUNTED[answer.status_code]).inc()
        return answer

    def carried_out(self, id: str, held: Held) -> HttpResponse:
        raise NotImplementedError


class Renew(_LeaseView):
    """The job still runs. It is counted wherever it was, whether or not the counter store still knows it."""

    endpoint = "leases/renew"
    http_method_names = ("post",)

    @extend_schema(
        operation_id="renew_lease",
        parameters=[_ID],
        request=None,
        responses=with_problems(RenewedSerializer, (*BODILESS, 404, 410)),
    )
    def post(self, request: Request, id: str) -> HttpResponse:
        return self.done(request, id)

    def carried_out(self, id: str, held: Held) -> HttpResponse:
        try:
            ends_at = ending.renew(store.current(), held)
        except ending.Over as error:
            raise problems.Problem("over", "The job was released or reported, or has run for 24 hours.") from error
        told = {"id": id, "expires_at": rfc3339(ends_at), "renew_every_s": leases.renew_every_s(held)}
        return self.answer({"lease": told})


class Release(_LeaseView):
    """The job has ended, and nothing will be reported of it; as often as one likes."""

    endpoint = "leases"
    http_method_names = ("delete",)

    @extend_schema(
        operation_id="release_lease",
        parameters=[_ID],
        request=None,
        responses=without_answer((*BODILESS, 404)),
    )
    def delete(self, request: Request, id: str) -> HttpResponse:
        return self.done(request, id)

    def carried_out(self, id: str, held: Held) -> HttpResponse:
        ending.release(store.current(), held)
        return HttpResponse(status=204)


def _held(id: str, *, gateway: int) -> Held:
    """Return what the id says; another gateway's lease is as unknown as one that nobody signed."""
    try:
        held = leases.read(id)
    except leases.NotALease:
        held = None
    if held is None or held.gateway != gateway:
        raise problems.Problem("not-found", "No lease of this gateway has this id.")
    return held
