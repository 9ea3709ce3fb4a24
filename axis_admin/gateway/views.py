"""The endpoints that the generation gateway calls."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from axis_admin.gateway import bodies, envelopes, handing, metrics, problems, reports, verdict
from axis_admin.gateway.base import GatewayView
from axis_admin.gateway.schema import with_problems
from axis_admin.gateway.serializers import generations, validate
from keys.gateways import Scope


class Validate(GatewayView):
    """May this customer's call pass? The verdict is a 200; everything else is about the gateway's own call."""

    scope = Scope.VALIDATE
    endpoint = "keys/validate"
    http_method_names = ("post",)

    @extend_schema(
        operation_id="validate_key",
        request=validate.ValidateRequestSerializer,
        responses=with_problems(validate.ValidateAnswerSerializer),
    )
    def post(self, request: Request) -> HttpResponse:
        return self.answer(verdict.of(envelopes.ask(bodies.read(request)), self.gateway))


class Generations(GatewayView):
    """Reported generations are counted and committed before the answer is written, or named one by one."""

    scope = Scope.USAGE
    endpoint = "generations"
    http_method_names = ("post",)

    @extend_schema(
        operation_id="report_generations",
        parameters=[
            OpenApiParameter("dry_run", bool, description="true: answer the same and store nothing.", default=False)
        ],
        request=generations.GenerationsRequestSerializer,
        responses=with_problems(generations.GenerationsAnswerSerializer),
    )
    def post(self, request: Request) -> HttpResponse:
        dry_run = _dry_run(request.query_params.getlist("dry_run"))
        body, gateway = bodies.read(request), self.gateway.uid
        handed = handing.hand(body, gateway=gateway, dry_run=dry_run, id=request.id)  # type: ignore[attr-defined]
        if handed:
            return handed.as_response()
        if settings.INTAKE_SOCKET:
            metrics.COUNTED_HERE.inc()
        return self.answer(reports.count(body, gateway, dry_run))


def _dry_run(texts: Sequence[str]) -> bool:
    # A misspelt or contradicted wish to store nothing must not store.
    if texts not in ([], ["true"], ["false"]):
        raise problems.invalid([("dry_run", "true or false, once.")])
    return texts == ["true"]
