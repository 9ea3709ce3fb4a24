"""A Django project that does nothing: one view, no middleware, no database. What is measured is measured against it."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=[],
    LOGGING_CONFIG=None,
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="nothing is signed here",
)


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer 200 and no more."""
    return HttpResponse()


urlpatterns = [path("", nothing)]
application = get_wsgi_application()
