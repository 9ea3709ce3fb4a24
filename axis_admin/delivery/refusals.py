"""What the customers' door says where there is no page: nothing about why, and nothing about what else there is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

BAD_REQUEST, NOT_FOUND, FAULT = 400, 404, 500


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """The request itself is not one."""
    return render(request, "delivery/nothing.html", status=BAD_REQUEST)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """An address that is none."""
    return render(request, "delivery/nothing.html", status=NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """The fault is ours; a link that was being opened is still good, since its page is drawn before the commit."""
    return render(request, "delivery/fault.html", status=FAULT)
