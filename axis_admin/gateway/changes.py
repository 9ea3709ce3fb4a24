"""GET changes: what a gateway that keeps identities has to forget, in commit order."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from axis_admin.gateway import metrics, problems
from axis_admin.gateway.base import GatewayView
from axis_admin.gateway.schema import BODILESS, with_problems
from axis_admin.gateway.serializers.changes import ChangesAnswerSerializer, ChangesQuerySerializer
from axis_admin.gateway.wire import rfc3339
from keys import feed
from keys.facts import GatewayIdentity
from keys.gateways import Scope

LATEST = "X-Axis-Latest-Seq"
NAMES = ("after", "limit", "source")


class Changes(GatewayView):
    """The change feed. Asking for what follows a change confirms that the gateway has taken it in."""

    scope = Scope.CHANGES
    endpoint = "changes"
    http_method_names = ("get",)

    @extend_schema(
        operation_id="read_changes",
        parameters=[ChangesQuerySerializer],
        responses=with_problems(ChangesAnswerSerializer, (*BODILESS, 410)),
    )
    def get(self, request: Request) -> HttpResponse:
        asked = _asked(request)
        if "after" not in asked:
            return self.answer({"changes": [], "next": feed.head(), "has_more": False})
        page = _page(asked, self.gateway)
        _confirm(asked, self.gateway)
        metrics.CHANGES_TOLD.inc(len(page.changes))
        return self.answer(
            {"changes": [_change(one) for one in page.changes], "next": page.next, "has_more": page.has_more}
        )


def _asked(request: Request) -> Mapping[str, Any]:
    given = request.query_params
    # Said twice, it is not clear what was meant; a name that nobody knows is ignored.
    twice = [name for name in NAMES if len(given.getlist(name)) > 1]
    if twice:
        raise problems.invalid([(name, "Once.") for name in twice])
    checked = ChangesQuerySerializer(data=given.dict())
    if not checked.is_valid():
        errors: Mapping[str, Any] = checked.errors
        raise problems.invalid([(field, str(one)) for field, found in errors.items() for one in found])
    asked: Mapping[str, Any] = checked.validated_data
    return asked


def _page(asked: Mapping[str, Any], gateway: GatewayIdentity) -> feed.Page:
    try:
        return feed.read(after=asked["after"], limit=asked["limit"])
    except feed.AheadOfFeed as error:
        raise problems.invalid([("after", "The feed has not come that far.")]) from error
    except feed.Forgotten as error:
        # It polls, and staff see how far behind it is.
        _confirm(asked, gateway)
        detail = f"Drop every identity that you keep, and go on after {error.head}."
        raise problems.Problem("forgotten", detail, headers={LATEST: str(error.head)}) from error


def _confirm(asked: Mapping[str, Any], gateway: GatewayIdentity) -> None:
    if "source" not in asked:
        return
    try:
        seconds = feed.confirm(credential=gateway.id, source=asked["source"], seq=asked["after"])
    except feed.TooManySources as error:
        said = f"{feed.MOST_SOURCES} others with this credential asked within a day. Keep a name after a restart."
        raise problems.invalid([("source", said)]) from error
    if seconds is not None:
        metrics.CONFIRMATION_SECONDS.labels(gateway.environment).observe(seconds)


def _change(change: feed.Change) -> Mapping[str, Any]:
    return {
        "seq": change.seq,
        "at": rfc3339(change.at),
        "kind": change.kind,
        "organization": change.organization,
        "public_ids": change.public_ids,
        "version": change.version,
    }
