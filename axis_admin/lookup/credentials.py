"""Whole credentials in a text. Whose one is, the digest says; to whoever may not see it, it is nobody's."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from audit import plurals
from axis_admin.lookup.finds import Act, Asked, Find
from keys import leaks
from keys.gateways import GatewayCredential, GatewaySecret
from keys.leaks import Leaked, Match
from keys.models import ApiKey, KeySecret
from orgs.policy import Permission

MOST_SHOWN = 50
_DEATHS = {
    "revoked": "It is revoked",
    "replaced": "It was replaced",
    "expired": "Its key has expired",
    "closed": "Its organization is closed",
}


def find(asked: Asked) -> Sequence[Find]:
    """Answer each credential that matches, and how many match nothing that the person sees."""
    ours = leaks.matched(leaks.parsed(asked.mentions.credentials))
    visible = _visible(asked, [one.secret for one in ours if one.secret])
    found = [one.secret for one in ours if one.secret in visible]
    shown = [_found(asked, secret) for secret in found[:MOST_SHOWN] if secret]
    strange = [one for one in ours if one.secret not in visible]
    return [*shown, *_cut(len(found) - MOST_SHOWN), *_strange(asked, strange)]


def find_imported(asked: Asked) -> Sequence[Find]:
    """The same for credentials that were made elsewhere: what begins like one and matches none is just a word."""
    ours = [one for one in leaks.matched(asked.imported) if one.secret]
    visible = _visible(asked, [one.secret for one in ours if one.secret])
    return [_found(asked, one.secret) for one in ours[:MOST_SHOWN] if one.secret and one.secret in visible]


def _visible(asked: Asked, secrets: Iterable[Leaked]) -> set[Leaked | None]:
    user, of_all = asked.request.user, list(secrets)
    keys = [one.key_id for one in of_all if isinstance(one, KeySecret)]
    gateways = [one.credential_id for one in of_all if isinstance(one, GatewaySecret)]
    seen_keys = set(_seen(ApiKey.objects, user, Permission.KEY_SEE, keys))
    seen_gateways = set(_seen(GatewayCredential.objects, user, Permission.GATEWAY_SEE, gateways))
    return {
        one
        for one in of_all
        if (one.key_id in seen_keys if isinstance(one, KeySecret) else one.credential_id in seen_gateways)
    }


def _seen(rows: Any, user: Any, permission: Permission, ids: Sequence[int]) -> Iterable[int]:
    return rows.for_user(user, permission).filter(pk__in=ids).values_list("pk", flat=True) if ids else ()


def _found(asked: Asked, secret: Leaked) -> Find:
    asked.matched.add(secret.public_id)
    death = leaks.death(secret, at=asked.at)
    said = f"{_DEATHS[death]}, so that nobody can use it." if death else "Its secret matches: treat it as leaked."
    if isinstance(secret, GatewaySecret):
        whose, note = f"gateway credential {secret.credential}", secret.credential.get_environment_display()
        href = reverse("keys:gateway", args=[secret.credential.uid])
    else:
        whose = f"key {secret.key}"
        note = f"{secret.key.organization}, {secret.key.get_environment_display().lower()}"
        href = reverse("keys:detail", args=[secret.key.uid])
    acts = [act for act in (_leak_act(asked, secret), Act("Open", href)) if act]
    tone = "" if death else "bad"
    return Find("fire", f"Secret {secret} of {whose}", f"{note}. {said}", href, tone, acts)


def _leak_act(asked: Asked, secret: Leaked) -> Act | None:
    if (known := leaks.open_about(secret)) is not None:
        return Act("See leak", reverse("keys:leak", args=[known.uid]), "primary small")
    owner = secret.credential if isinstance(secret, GatewaySecret) else secret.key
    if not asked.request.staff.can(Permission.LEAK_REPORT, owner):
        return None
    # The credential does not travel through the page: what was matched does, signed.
    query = urlencode({"seen": leaks.seen_by(asked.request.user, secret)})
    kind = "small" if leaks.death(secret, at=asked.at) else "primary small"
    return Act("Report as leaked", f"{reverse('keys:report_leak')}?{query}", kind, in_dialog=True)


def _cut(more: int) -> Sequence[Find]:
    if more <= 0:
        return []
    return [Find("fire", plurals.counted(more, "more secret matches", "more secrets match"), "Look the rest up apart.")]


def _strange(asked: Asked, strange: Sequence[Match]) -> Sequence[Find]:
    """What matches nothing, and what matches something out of sight: told alike."""
    count = len(strange) + len(asked.mentions.misspelt)
    if not count:
        return []
    title = plurals.counted(count, "credential that matches nothing here", "credentials that match nothing here")
    note = "In our format, but of no key that you see with this secret. A matching pattern proves nothing."
    return [Find("question-mark-circle", title, note)]
