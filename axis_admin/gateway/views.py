"""The endpoints that the generation gateway calls."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from audit import wording
from axis_admin.gateway import answers, bodies, metrics, problems, wire
from axis_admin.gateway.base import GatewayView
from axis_admin.gateway.schema import with_problems
from axis_admin.gateway.serializers import generations, validate
from keys import asks, decisions
from keys.gateways import Scope
from keys.limits import limiter
from metering import ledger

Body = TypeVar("Body", bound=msgspec.Struct)

_read_ask = msgspec.json.Decoder(asks.Ask).decode


class Report(msgspec.Struct, frozen=True):
    """The envelope of a batch; its items are the ledger's to judge."""

    source: Annotated[str, msgspec.Meta(min_length=1, max_length=generations.LONGEST_SOURCE, pattern=asks.FIT)]
    generations: Annotated[list[Any], msgspec.Meta(min_length=1, max_length=generations.LARGEST_BATCH)]

    def __post_init__(self) -> None:
        if wording.holds_credential(self.source):
            raise ValueError("a credential is no name")


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
        ask = _ask(bodies.read(request))
        try:
            decision = decisions.decide(ask, gateway=self.gateway, at=timezone.now())
        except limiter.RequestIdReused as error:
            errors = [("request_id", "Admitted before with another gateway, key, version or number of units.")]
            detail = "Mint a new request_id for each admission."
            raise problems.Problem("request-id-reused", detail, errors=errors) from error
        except decisions.CannotTell as error:
            metrics.STORE_ERRORS.inc()
            raise problems.cannot_tell() from error
        _count(decision)
        return self.answer(answers.of_decision(decision, ask))


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


def _ask(body: bytes) -> asks.Ask:
    try:
        return _read_ask(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _converted(wire.loads(body), asks.Ask, validate.ValidateRequestSerializer)


def _report(body: bytes) -> Report:
    read = wire.loads(body)
    items = read.get("generations") if isinstance(read, dict) else None
    if isinstance(items, list) and len(items) > generations.LARGEST_BATCH:
        detail = f"A batch may have {generations.LARGEST_BATCH} generations."
        raise problems.Problem("too-large", detail)
    return _converted(read, Report, generations.GenerationsRequestSerializer)


def _converted(read: Any, kind: type[Body], serializer: type[Serializer]) -> Body:
    """Return what was read as the struct; names every field at fault, where the struct stops at the first."""
    if not isinstance(read, dict):
        raise problems.invalid([("", "The body must be a JSON object.")])
    # Unknown fields are ignored, also those whose names are no text.
    known = {name: read[name] for name in kind.__struct_fields__ if name in read}
    try:
        return msgspec.convert(known, kind)
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError) as error:
        raise problems.invalid(_faults(serializer(data=known))) from error


def _faults(checked: Serializer) -> Sequence[tuple[str, str]]:
    try:
        checked.is_valid()
        return list(_flat(checked.errors)) or [("", "The body is not what the contract says.")]
    except RecursionError:
        return [("", "The body is nested too deeply.")]


def _flat(errors: Any, path: str = "") -> Sequence[tuple[str, str]]:
    if isinstance(errors, dict):
        return [found for name, inner in errors.items() for found in _flat(inner, f"{path}.{name}" if path else name)]
    return [(path, str(one)) for one in errors]


def _dry_run(texts: Sequence[str]) -> bool:
    # A misspelt or contradicted wish to store nothing must not store.
    if texts not in ([], ["true"], ["false"]):
        raise problems.invalid([("dry_run", "true or false, once.")])
    return texts == ["true"]


def _count(decision: decisions.Decision) -> None:
    metrics.VERDICTS.labels(decision.code).inc()
    if decision.degraded:
        metrics.DEGRADED.inc()
        metrics.STORE_ERRORS.inc()
