"""Report a secret as leaked, and end what can be done with it. What was pasted is not among the arguments."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import asks, leaks
from keys.actions.editing import editing_problem
from keys.actions.gateways import normal_cidrs
from keys.actions.keys import lock_key, plain, record, revoke_key
from keys.actions.rotation import rotate_key
from keys.leaks import Leaked
from keys.models import ApiKey, KeySecret, LeakReport
from orgs import changes

Outcome = LeakReport.Outcome


@transaction.atomic
def report_leak(
    *,
    secret: Leaked,
    actor: trail.Actor,
    source: str,
    url: str = "",
    exposed_since: datetime | None = None,
    reason: str = "",
) -> LeakReport:
    """Report that a secret was seen where it should not be; one that works leaves an open report, for somebody to act.

    The same secret reported again while its report is open is the same report, and so is a dead one's by its source.
    """
    now = timezone.now()
    _lock(secret)
    if (known := leaks.open_about(secret)) is not None:
        return known
    is_dead = bool(leaks.death(secret, at=now))
    if is_dead and (known := leaks.dead_about(secret, source.strip())) is not None:
        return known
    if exposed_since is not None and exposed_since > now:
        raise ValidationError({"exposed_since": "The time is in the future."})
    leak = LeakReport(
        secret=secret if isinstance(secret, KeySecret) else None,
        gateway_secret=None if isinstance(secret, KeySecret) else secret,
        source=source.strip(),
        url=url.strip(),
        exposed_since=exposed_since or now,
        reported_by=actor.label,
    )
    if is_dead:
        leak.outcome, leak.closed_at = Outcome.ALREADY_DEAD, now
    leak.clean_fields(exclude=["secret", "gateway_secret", "outcome", "closed_at"])
    leak.save(force_insert=True)
    _record(
        Verb.LEAK_REPORTED,
        leak,
        actor=actor,
        after={"exposed_since": [None, plain(leak.exposed_since)]},
        detail={"source": leak.source, **({"outcome": leak.get_outcome_display().lower()} if leak.outcome else {})},
        reason=reason,
    )
    return leak


@transaction.atomic
def date_leak(*, leak: LeakReport, actor: trail.Actor, exposed_since: datetime, reason: str = "") -> LeakReport:
    """Say since when the secret was exposed, as far as is known now."""
    leak = _lock_leak(leak)
    if exposed_since > timezone.now():
        raise ValidationError({"exposed_since": "The time is in the future."})
    before, leak.exposed_since = leak.exposed_since, exposed_since
    leak.save(update_fields=["exposed_since"])
    after = {"exposed_since": [plain(before), plain(exposed_since)]}
    _record(Verb.LEAK_DATED, leak, actor=actor, after=after, reason=reason)
    return leak


@transaction.atomic
def replace_leaked(
    *, leak: LeakReport, actor: trail.Actor, reason: str, ticket: str = "", seen_version: int | None = None
) -> tuple[KeySecret, str]:
    """Give the key a new secret and end every other one now; returns the new secret and its credential."""
    leak = _open(leak)
    _close(leak, Outcome.REPLACED, actor=actor, reason=reason, ticket=ticket)
    return rotate_key(
        key=_key_of(leak),
        actor=actor,
        overlap=timedelta(),
        seen_version=seen_version,
        reason=reason,
        ticket=ticket,
    )


@transaction.atomic
def revoke_leaked(*, leak: LeakReport, actor: trail.Actor, reason: str, ticket: str = "") -> ApiKey:
    """Revoke the key whose secret leaked."""
    leak = _open(leak)
    _close(leak, Outcome.REVOKED, actor=actor, reason=reason, ticket=ticket)
    return revoke_key(key=_key_of(leak), actor=actor, code=ApiKey.RevokeCode.LEAKED, reason=reason, ticket=ticket)


@transaction.atomic
def contain_leaked(
    *,
    leak: LeakReport,
    actor: trail.Actor,
    addresses: Sequence[str],
    reason: str,
    ticket: str = "",
    seen_version: int | None = None,
) -> ApiKey:
    """Let the key be used from these addresses alone. Never from none, which would be from anywhere, nor from more."""
    leak = _open(leak)
    key = lock_key(_key_of(leak))
    if problem := editing_problem(key):
        raise ValidationError(problem)
    if seen_version not in (None, key.version):
        raise ValidationError("Somebody changed this key meanwhile. Nothing was changed.")
    networks = normal_cidrs(addresses)
    _check_narrower(key, networks)
    before, key.allowed_cidrs = key.allowed_cidrs, networks
    key.version += 1
    key.save(update_fields=["allowed_cidrs", "version"])
    after = {"allowed_cidrs": [plain(before), plain(networks)]}
    record(Verb.KEY_CONTAINED, key, actor=actor, after=after, reason=reason, ticket=ticket)
    # The secret works on, so that the report stays open until it is replaced.
    leak.outcome = Outcome.CONTAINED
    leak.save(update_fields=["outcome"])
    public_ids = list(key.secrets.values_list("public_id", flat=True))
    changes.announce(organization=key.organization, kind="key.changed", public_ids=public_ids)
    return key


@transaction.atomic
def close_leak(*, leak: LeakReport, actor: trail.Actor, reason: str, ticket: str = "") -> LeakReport:
    """Close a report about which nothing has to be done: harmless, or already dead where the secret is."""
    leak = _open(leak)
    is_dead = leaks.death(leak.leaked, at=timezone.now())
    outcome = Outcome.ALREADY_DEAD if is_dead else Outcome.HARMLESS
    return _close(leak, outcome, actor=actor, reason=reason, ticket=ticket)


def _lock(secret: Leaked) -> None:
    if isinstance(secret, KeySecret):
        lock_key(secret.key)
    else:
        type(secret.credential)._default_manager.select_for_update().get(pk=secret.credential_id)


def _lock_leak(leak: LeakReport) -> LeakReport:
    """Return the report as it stands now; what it is about is locked before it, as in every action on a key."""
    _lock(leak.leaked)
    LeakReport.objects.select_for_update().get(pk=leak.pk)
    return LeakReport.objects.with_whose().get(pk=leak.pk)


def _open(leak: LeakReport) -> LeakReport:
    leak = _lock_leak(leak)
    if not leak.is_open:
        raise ValidationError(f"This leak is closed already: {leak.get_outcome_display().lower()}.")
    return leak


def _key_of(leak: LeakReport) -> ApiKey:
    if leak.key is None:
        raise ValidationError("A gateway's credential is rotated or revoked on its own page.")
    return leak.key


def _check_narrower(key: ApiKey, networks: Sequence[str]) -> None:
    if not networks:
        raise ValidationError({"addresses": "Choose one at least: without any, every address could use the key."})
    present = [asks.network(text) for text in key.allowed_cidrs]
    for network in map(asks.network, networks):
        if present and not any(network.version == one.version and network.subnet_of(one) for one in present):  # type: ignore[arg-type]
            raise ValidationError({"addresses": f"{network} may not use the key now; containing lets nobody in."})


def _close(leak: LeakReport, outcome: str, *, actor: trail.Actor, reason: str, ticket: str) -> LeakReport:
    leak.outcome, leak.closed_at = outcome, timezone.now()
    leak.save(update_fields=["outcome", "closed_at"])
    word = leak.get_outcome_display().lower()
    _record(Verb.LEAK_CLOSED, leak, actor=actor, after={}, detail={"outcome": word}, reason=reason, ticket=ticket)
    return leak


def _record(
    verb: Verb,
    leak: LeakReport,
    *,
    actor: trail.Actor,
    after: dict[str, list[trail.Value]],
    detail: dict[str, str | int] | None = None,
    reason: str = "",
    ticket: str = "",
) -> None:
    """Record it in the history of what the secret belongs to, where people look for it."""
    owner = leak.secret.key if leak.secret else leak.gateway_secret.credential  # type: ignore[union-attr]
    trail.record(
        verb,
        actor=actor,
        target=owner.target,
        organization=leak.organization.target if leak.organization else None,
        further=[leak.target],
        changes=after,
        detail={"public_id": leak.leaked.public_id, **(detail or {})},
        reason=reason,
        ticket=ticket,
    )
