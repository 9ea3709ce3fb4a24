"""The OpenAPI document and its page, for anybody: they describe the API and hold nothing of anybody's."""

import functools
import importlib.util
from collections.abc import Callable
from pathlib import Path

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings

from axis_admin.gateway import problems
from axis_admin.gateway.serializers import validate
from keys.models import ApiKey

View = Callable[..., HttpResponse]

BASE_PATH = "gateway/v1/"
DESCRIPTION = """\
The generation gateway calls twice for each generation: `POST keys/validate` before it, to ask whether the customer's
key may pass, and `POST generations` after it, to report what became of it. A gateway that keeps what it was told of
keys asks `GET changes` once a second what to forget.

Every call carries the gateway's own credential, `Authorization: Bearer axg_…`, which staff make on the Gateways page or
with `manage.py create_gateway`. It is not a customer's key.

What to do with each answer, what may be cached and when to send again is told in `docs/gateway.md` of the source.
"""
# Every closed list goes by the name of what it lists.
ENUMS = {
    "ApiVersion": "axis_admin.gateway.serializers.validate.API_VERSIONS",
    "VerdictCode": "keys.verdicts.Code.values",
    "ChangeKind": "axis_admin.gateway.serializers.changes.KINDS",
    "GenerationCode": "axis_admin.gateway.serializers.generations.CODES",
    "GenerationStatus": "axis_admin.gateway.serializers.generations.STATUSES",
    "OrganizationStatus": "orgs.lifecycle.Status.values",
    "Cause": "axis_admin.gateway.serializers.validate.CAUSES",
    # Numbers are taken as pairs of a value and its label alone.
    "HttpStatus": [(status, status) for status in validate.HTTP_STATUSES],
    "ServiceTier": "axis_admin.gateway.serializers.validate.SERVICE_TIERS",
    "LimitScope": "axis_admin.gateway.serializers.validate.LIMIT_SCOPES",
    "LimitKind": "axis_admin.gateway.serializers.validate.LIMIT_KINDS",
    "LimitMode": "axis_admin.gateway.serializers.validate.LIMIT_MODES",
    "RotationState": "axis_admin.gateway.serializers.validate.ROTATION_STATES",
    "KeyEnvironment": ApiKey.Environment.values,
    "Outcome": "axis_admin.gateway.serializers.generations.OUTCOMES",
    "FailureCause": "axis_admin.gateway.serializers.generations.FAILURE_CAUSES",
    "LeakStatus": "keys.leak_intake.STATUSES",
}
SETTINGS = {
    "DESCRIPTION": DESCRIPTION,
    "ENUM_NAME_OVERRIDES": ENUMS,
    # A field says itself that it may be null; a list of one null beside the list of its words says it twice.
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}
OWN = Path(__file__).parent / "docs"
CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".html": "text/html; charset=utf-8"}
THEIRS = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
# Strict as everywhere, but for the icons that the page's own stylesheet brings as data.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _for_anybody(view: View) -> View:
    """Let everybody read, and nobody do anything else."""

    @functools.wraps(view)
    def read(request: HttpRequest, **arguments: str) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            refusal = problems.Problem(
                "method-not-allowed", f"{request.method} is not known here.", headers={"Allow": "GET, HEAD"}
            )
            return refusal.as_response()
        response = view(request, **arguments)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    return login_not_required(csrf_exempt(read))


@_for_anybody
def openapi(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document."""
    return HttpResponse(_openapi(), content_type="application/json")


@_for_anybody
def page(request: HttpRequest) -> HttpResponse:
    """Show the document as a page on which calls can be tried."""
    return _file(OWN / "page.html")


@_for_anybody
def asset(request: HttpRequest, *, name: str) -> HttpResponse:
    """Return a file of that page."""
    if name == "start.js":
        return _file(OWN / name)
    return _file(_sidecar() / name) if name in THEIRS else problems.not_found(request)


@login_not_required
@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """Answer every other address as the contract says."""
    return problems.not_found(request)


@functools.cache
def _openapi() -> bytes:
    everything = [path(BASE_PATH, include("axis_admin.gateway.urls"))]
    with patched_settings(SETTINGS):
        document = SchemaGenerator(patterns=everything).get_schema(request=None, public=True)
    return orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS)


def _file(source: Path) -> HttpResponse:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "public, max-age=3600"}
    return HttpResponse(_read(source), content_type=CONTENT_TYPES[source.suffix], headers=headers)


@functools.cache
def _read(source: Path) -> bytes:
    return source.read_bytes()


@functools.cache
def _sidecar() -> Path:
    """Where Swagger's own files are, whether or not their package is among the surface's apps."""
    package = importlib.util.find_spec("drf_spectacular_sidecar")
    if package is None or package.origin is None:
        raise FileNotFoundError("drf-spectacular-sidecar is not installed")
    return Path(package.origin).parent / "static" / "drf_spectacular_sidecar" / "swagger-ui-dist"
