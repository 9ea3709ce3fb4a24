"""The endpoints that the generation gateway calls."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from axis_admin.gateway import bodies, envelopes, metrics, problems, verdict, wire
from axis_admin.gateway.base import GatewayView
from axis_admin.gateway.schema import with_problems
from axis_admin.gateway.serializers import generations, validate
from keys.gateways import Scope
from metering import ledger, windows_settled

windows_settled.on_failure.append(metrics.UNSETTLED.inc)


class Report(envelopes.FromSource, frozen=True):
    """The envelope of a batch; its items are the ledger's to judge."""

    generations: Annotated[list[Any], msgspec.Meta(min_length=1, max_length=generations.LARGEST_BATCH)]


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
        report = _report(bodies.read(request))
        results = ledger.append(
            items=report.generations,
            source=report.source,
            gateway=self.gateway.uid,
            now=timezone.now(),
            dry_run=dry_run,
        )
        summary = ledger.summary(results)
        if not dry_run:
            for status, count in summary.items():
                metrics.GENERATIONS.labels(status).inc(count)
        return self.answer({"summary": summary, "results": results})


def _report(body: bytes) -> Report:
    read = wire.loads(body)
    items = read.get("generations") if isinstance(read, dict) else None
    if isinstance(items, list) and len(items) > generations.LARGEST_BATCH:
        detail = f"A batch may have {generations.LARGEST_BATCH} generations."
        raise problems.Problem("too-large", detail)
    return envelopes.converted(read, Report, generations.GenerationsRequestSerializer)


def _dry_run(texts: Sequence[str]) -> bool:
    # A misspelt or contradicted wish to store nothing must not store.
    if texts not in ([], ["true"], ["false"]):
        raise problems.invalid([("dry_run", "true or false, once.")])
    return texts == ["true"]
