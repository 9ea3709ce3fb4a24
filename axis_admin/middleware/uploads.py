"""Who may send how much: a form is small and carries no file, but for what signed-in people look up."""

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from axis_admin.lookup.uploads import InMemory
from axis_admin.middleware.staff import to_sign_in

LARGEST_FORM = 1024 * 1024
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Uploads:
    """Stands after the session. A form is first read by the check of its token, which comes after all of these."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.content_type in _FORMS:
            if request.path_info != reverse("lookup"):
                if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FORM:
                    raise RequestDataTooBig(f"A form may have {LARGEST_FORM} bytes.")
            elif SESSION_KEY not in request.session:
                # Nothing of it is read before we know who sends it.
                return to_sign_in(request)
            else:
                request.upload_handlers = [InMemory(request)]
        return self.get_response(request)
