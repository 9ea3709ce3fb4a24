"""Whether the process is up, and whether it can work."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from axis_admin import readiness


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is up."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The stores are reachable and every migration is applied; 503 and the names of what is not."""
    failing = readiness.failing()
    return JsonResponse(
        {"status": "not ready" if failing else "ready", "failing": failing},
        status=503 if failing else 200,
    )
