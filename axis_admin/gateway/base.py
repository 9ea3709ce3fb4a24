"""What every endpoint of the gateway shares: who may call, how large a body may be, and how errors look."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from axis_admin.gateway import authentication, bodies, inflight, metrics, problems, wire
from axis_admin.gateway.problems import Problem
from keys.facts import GatewayIdentity
from keys.gateways import Scope


class JsonBody(BaseParser):
    """Hands over the bytes: each endpoint reads them into what it asks for."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return bytes(stream.read())


class Json(BaseRenderer):
    """Answers are JSON, whatever the caller says it accepts."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return wire.dumps(data)


class OneKind(BaseContentNegotiation):
    """One parser, one renderer; a body of another type is refused."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        media_type = request.content_type.partition(";")[0].strip().lower()
        return parsers[0] if media_type in ("", JsonBody.media_type) else None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


# Neither knows anything of the request.
_PARSERS, _AUTHENTICATORS, _NEGOTIATOR = (JsonBody(),), (authentication.GatewayBearer(),), OneKind()


class GatewayView(APIView):
    """One endpoint. `scope` is what the gateway's credential must carry, `endpoint` its name in the metrics."""

    scope: ClassVar[Scope]
    endpoint: ClassVar[str]

    authentication_classes = (authentication.GatewayBearer,)
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (JsonBody,)
    renderer_classes = (Json,)
    content_negotiation_class = OneKind
    metadata_class = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._is_known, self._entered = False, ""
        began = time.perf_counter()
        try:
            response = self._handled(request, *args, **kwargs)
        finally:
            if self._entered:
                inflight.calls.leave(self._entered)
        if response.status_code != HTTPStatus.OK and self._is_known:
            bodies.drain(request)
        metrics.count_call(self.endpoint, response.status_code, began=began)
        return response

    def _handled(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Do what APIView.dispatch does, where there is one parser and renderer, and nothing is negotiated."""
        name = (request.method or "").lower()
        knows = name in self.http_method_names and hasattr(self, name)
        asked: Request = self.initialize_request(request)
        self.request = asked
        response: HttpResponseBase
        try:
            self.initial(asked)
            response = (getattr(self, name) if knows else self.http_method_not_allowed)(asked, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the handler answers all there is
            response = self.handle_exception(error)
        response.headers["Cache-Control"] = "no-store"
        if not knows:
            response.headers["Allow"] = ", ".join(self.http_method_names_allowed())
        return response

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        return Request(request, parsers=_PARSERS, authenticators=_AUTHENTICATORS, negotiator=_NEGOTIATOR)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # There is one renderer and no version to negotiate.
        self.gateway: GatewayIdentity = cast(GatewayIdentity, request.user)
        self.check_permissions(request)
        self.check_throttles(request)

    def check_permissions(self, request: Request) -> None:
        self._is_known = True
        authentication.check_scope(self.gateway, self.scope)

    def check_throttles(self, request: Request) -> None:
        """Refuse a gateway that has too many calls in flight; a customer's limits are none of this."""
        if not inflight.calls.enter(self.gateway.uid):
            detail = f"At most {inflight.calls.largest} calls of a credential at once."
            raise Problem("too-many-calls", detail, headers={"Retry-After": "1"})
        self._entered = self.gateway.uid

    def get_exception_handler(self) -> Callable[[Exception, Any], HttpResponse]:
        return problems.handle

    def http_method_names_allowed(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if hasattr(self, name)]

    def answer(self, answer: Mapping[str, Any] | bytes) -> HttpResponse:
        """Answer 200 with this as JSON."""
        written = answer if isinstance(answer, bytes) else wire.dumps(answer)
        return HttpResponse(written, content_type=Json.media_type)
