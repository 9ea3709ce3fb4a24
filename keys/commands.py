"""What management commands about keys share."""

from django.core.management.base import CommandError

from keys.models import ApiKey, KeySecret


def named_key(text: str) -> ApiKey:
    """Return the key with this id, or with a secret of this public id; raises CommandError where there is none."""
    keys = ApiKey.objects.select_related("organization__plan_version")
    secret = KeySecret.objects.filter(public_id=text).first()
    key = keys.filter(pk=secret.key_id).first() if secret else keys.filter(uid=text).first()
    if key is None:
        raise CommandError(f"There is no key with the public id “{text}”.")
    return key
