"""POST leaks: a scanner has seen something. The text is looked at in memory and kept nowhere."""

from typing import Annotated

import msgspec
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from audit import trail
from axis_admin.gateway import bodies, envelopes, metrics, problems, wire
from axis_admin.gateway.base import GatewayView
from axis_admin.gateway.schema import with_problems
from axis_admin.gateway.serializers import leaks as serializers
from keys import asks, leak_intake, leaks, mentions
from keys.gateways import Scope


class LeakedText(envelopes.FromSource, frozen=True):
    """What was seen, by whom and where. `text` may be anything at all."""

    text: str
    url: Annotated[str, msgspec.Meta(max_length=serializers.LONGEST_URL, pattern=asks.FIT)] | None = None

    def __repr__(self) -> str:
        return f"<LeakedText of {self.source}>"


class Leaks(GatewayView):
    """Acts only where the stored digest matches: the checksum is public, so a matching pattern proves nothing."""

    scope = Scope.LEAKS
    endpoint = "leaks"
    http_method_names = ("post",)

    @extend_schema(
        operation_id="report_leaks",
        request=serializers.LeaksRequestSerializer,
        responses=with_problems(serializers.LeaksAnswerSerializer),
    )
    @sensitive_variables()
    def post(self, request: Request) -> HttpResponse:
        seen = envelopes.converted(wire.loads(bodies.read(request)), LeakedText, serializers.LeaksRequestSerializer)
        credentials = mentions.credentials(seen.text)
        if len(credentials) > serializers.MOST_CREDENTIALS:
            detail = f"A text may hold {serializers.MOST_CREDENTIALS:,} credentials."
            raise problems.Problem("too-large", detail)
        found = leaks.matched(leaks.parsed(credentials))
        # What only begins like an imported credential may be any word: unless it matches, nothing is said of it.
        found += [one for one in leaks.matched(leaks.imported(seen.text)) if one.secret]
        # An address in which the credential itself stands keeps its prefix.
        url = leaks.address_without(seen.url or "", seen.text)
        results = leak_intake.take(found, actor=self._actor(request), source=seen.source, url=url)
        for one in results:
            metrics.LEAKS.labels(one.status).inc()
        return self.answer({"results": [{"public_id": one.public_id, "status": one.status} for one in results]})

    def _actor(self, request: Request) -> trail.Actor:
        meta = request.META
        return trail.Actor(
            "gateway",
            self.gateway.uid,
            self.gateway.name,
            address=meta.get("REMOTE_ADDR", "").partition("%")[0] or None,
            user_agent=meta.get("HTTP_USER_AGENT", ""),
            request_id=getattr(request._request, "id", ""),
            route="gateway_leaks",
        )
