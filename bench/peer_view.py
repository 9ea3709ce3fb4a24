"""The peer's one address: whoever has a key gets an answer."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.permissions import HasAPIKey


class Nothing(APIView):
    """Does nothing for whoever has a key."""

    permission_classes = (HasAPIKey,)

    def post(self, request: Request) -> Response:
        return Response({"valid": True})


urlpatterns = [path("", Nothing.as_view())]
