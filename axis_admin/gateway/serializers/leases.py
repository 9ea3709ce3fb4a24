"""What a renewed lease is answered."""

from rest_framework import serializers

from axis_admin.gateway.serializers.validate import LeaseSerializer


class RenewedSerializer(serializers.Serializer):
    lease = LeaseSerializer()
