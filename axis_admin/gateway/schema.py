"""How the OpenAPI document describes what all endpoints share."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.serializers import Serializer

from axis_admin.gateway import problems
from axis_admin.gateway.serializers.problem import ProblemSerializer

STATUSES = (400, 401, 403, 413, 415, 429, 500, 503)
# Of an endpoint that is asked without a body.
BODILESS = (400, 401, 403, 429, 500, 503)
Responses = dict[int | tuple[int, str], type[Serializer] | None]


class GatewayBearerScheme(OpenApiAuthenticationExtension):
    """The gateway's credential."""

    target_class = "axis_admin.gateway.authentication.GatewayBearer"
    name = "gateway"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "axg_<public id>_<secret and checksum>"}


def with_problems(answer: type[Serializer], statuses: Sequence[int] = STATUSES) -> Responses:
    """Return the answers of an endpoint: this one, or a problem document."""
    return {200: answer, **_refusals(statuses)}


def without_answer(statuses: Sequence[int]) -> Responses:
    """Return the answers of an endpoint that has nothing to tell: none, or a problem document."""
    return {204: None, **_refusals(statuses)}


def _refusals(statuses: Sequence[int]) -> Responses:
    return {(status, problems.CONTENT_TYPE): ProblemSerializer for status in statuses}
