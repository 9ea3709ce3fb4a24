"""POST control-totals: what the gateway says it has counted, for a billing period to be held against."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from axis_admin.gateway import bodies, envelopes, metrics, problems, wire
from axis_admin.gateway.base import GatewayView
from axis_admin.gateway.schema import with_problems
from axis_admin.gateway.serializers import control_totals as serializers
from keys.gateways import Scope
from metering import control_totals, items
from metering.control_totals import Total

FUTURE = timedelta(milliseconds=items.FUTURE_MS)
_AHEAD = "This lies in the future."


class ControlTotals(GatewayView):
    """All of a call is stored, or nothing; what was told before of the same hour is replaced."""

    scope = Scope.USAGE
    endpoint = "control-totals"
    http_method_names = ("post",)

    @extend_schema(
        operation_id="report_control_totals",
        request=serializers.ControlTotalsRequestSerializer,
        responses=with_problems(serializers.ControlTotalsAnswerSerializer),
    )
    def post(self, request: Request) -> HttpResponse:
        now, told = timezone.now(), _told(bodies.read(request))
        totals = [Total(**one) for one in told["totals"]]
        _check(told["complete_through"], totals, latest=now + FUTURE)
        try:
            through = control_totals.keep(
                totals,
                source=told["source"],
                complete_through=told["complete_through"],
                gateway=self.gateway.uid,
                now=now,
            )
        except control_totals.UnknownOrganizations as unknown:
            faults = [(f"totals.{place}.organization", "There is no such organization.") for place in unknown.places]
            raise problems.invalid(faults) from unknown
        metrics.CONTROL_TOTALS.inc(len(totals))
        return self.answer({"stored": len(totals), "complete_through": wire.rfc3339(through)})


def _told(body: bytes) -> dict[str, Any]:
    read = wire.loads(body)
    totals = read.get("totals") if isinstance(read, dict) else None
    if isinstance(totals, list) and len(totals) > serializers.MOST_TOTALS:
        raise problems.Problem("too-large", f"A call may have {serializers.MOST_TOTALS:,} totals.")
    return envelopes.checked(read, serializers.ControlTotalsRequestSerializer)


def _check(complete_through: datetime, totals: Iterable[Total], *, latest: datetime) -> None:
    """Refuse what nobody can know yet, and an hour that is told twice: which of the two would stand?"""
    faults = [("complete_through", _AHEAD)] if complete_through > latest else []
    seen: set[tuple[Any, ...]] = set()
    for place, total in enumerate(totals):
        if total.hour > latest:
            faults.append((f"totals.{place}.hour", _AHEAD))
        elif total[:3] in seen:
            faults.append((f"totals.{place}", "This hour of the organization and version is told already."))
        seen.add(total[:3])
    if faults:
        raise problems.invalid(faults)
