"""Change what a key may do, and for how long."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import lifetimes
from keys.actions.gateways import normal_cidrs
from keys.actions.keys import check_name, lock_key, plain, record
from keys.models import ApiKey, KeySecret
from orgs import changes
from orgs.models import Organization

EDITABLE = ("name", "purpose", "api_versions", "allowed_cidrs", "not_before", "expires_at", "rotate_every")
Changed = dict[str, list[trail.Value]]


@transaction.atomic
def edit_key(
    *,
    key: ApiKey,
    actor: trail.Actor,
    values: Mapping[str, Any],
    seen_version: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> ApiKey:
    """Change some of the EDITABLE fields; nothing is recorded, and nothing raised, where nothing differs.

    An overlap that would outlive the new expiry ends with it. Raises ValidationError by field: what the plan allows,
    times in the past, networks, a name in use; and for the whole where the key is over, or `seen_version` is not the
    key's.
    """
    key = lock_key(key)
    if problem := editing_problem(key):
        raise ValidationError(problem)
    if seen_version not in (None, key.version):
        raise ValidationError("Somebody changed this key meanwhile. Nothing was changed.")
    changed = _differences(key, values)
    if not changed:
        return key
    lifetimes.check_edit(key, frozenset(changed), now=timezone.now())
    key.clean_fields()
    if "name" in changed:
        check_name(key)
    key.version += 1
    key.save(update_fields=[*changed, "version"])
    record(Verb.KEY_EDITED, key, actor=actor, after=changed | _cap_overlaps(key), reason=reason, ticket=ticket)
    public_ids = list(key.secrets.values_list("public_id", flat=True))
    changes.announce(organization=key.organization, kind="key.changed", public_ids=public_ids)
    return key


def editing_problem(key: ApiKey) -> str:
    """Say why the key cannot be edited; nothing where it can."""
    if key.state == ApiKey.State.REVOKED:
        return f"{key} is revoked: it stays as it is."
    if key.is_expired(at=timezone.now()):
        return f"{key} has expired; issue a new key instead."
    if key.organization.status == Organization.Status.CLOSED:
        return f"{key.organization} is closed."
    return ""


def _differences(key: ApiKey, values: Mapping[str, Any]) -> Changed:
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError(f"Not a field that can be edited: {', '.join(sorted(unknown))}")
    changed: Changed = {}
    for field, after in _normal(values).items():
        before = getattr(key, field)
        if before != after:
            setattr(key, field, after)
            changed[field] = [plain(before), plain(after)]
    return changed


def _normal(values: Mapping[str, Any]) -> dict[str, Any]:
    normal = dict(values)
    for field in {"name", "purpose"} & set(values):
        normal[field] = values[field].strip()
    if "api_versions" in values:
        normal["api_versions"] = sorted(set(values["api_versions"]))
    if "allowed_cidrs" in values:
        normal["allowed_cidrs"] = normal_cidrs(values["allowed_cidrs"])
    return normal


def _cap_overlaps(key: ApiKey) -> Changed:
    """End with the key what would outlive it: no overlap goes past the key's own expiry."""
    if key.expires_at is None:
        return {}
    ending = Q(state__in=(KeySecret.State.OVERLAP, KeySecret.State.ACTIVE), overlap_until__gt=key.expires_at)
    capped: Changed = {}
    for secret in key.secrets.select_for_update().filter(ending).order_by("pk"):
        capped = {"overlap_until": [plain(secret.overlap_until), plain(key.expires_at)]}
        secret.overlap_until = key.expires_at
        secret.save(update_fields=["overlap_until"])
    return capped
