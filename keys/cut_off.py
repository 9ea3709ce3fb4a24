"""Who holds a secret that works no more: refused with ROTATED_OUT lately, or admitted with it until it stopped."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Max

from keys.models import ApiKey, KeySecret, Refusal, SecretHour
from keys.verdicts import Code

LATELY = timedelta(hours=48)
MOST_CALLERS = 50

Who = tuple[str | None, str]
Seen = Mapping[tuple[int, Who], datetime]


class CutOff(NamedTuple):
    """An address and agent with a retired secret: the hour it was last admitted in, and when it was last refused."""

    address: str | None
    user_agent: str
    secret: KeySecret
    admitted_in: datetime | None
    refused_at: datetime | None


def of(key: ApiKey, *, at: datetime) -> list[CutOff]:
    """Return whom the key's retired secrets cut off in the last two days and who is not back, refused ones first.

    Back is who was admitted with a secret that works after that.
    """
    if key.state == ApiKey.State.REVOKED:
        return []
    retired = {secret.pk: secret for secret in key.secrets.all() if secret.is_retired(at=at)}
    admitted = _admitted([*retired], since=at - LATELY) if retired else {}
    refused = _refused(key, list(retired.values()), since=at - LATELY) if retired else {}
    works = [secret.pk for secret in key.secrets.all() if secret.pk not in retired]
    back: dict[Who, datetime] = {}
    for (_, who), hour in _admitted(works, since=at - LATELY).items():
        back[who] = max(hour, back.get(who, hour))
    return _left(retired, admitted, refused, back)[:MOST_CALLERS]


def _left(
    retired: Mapping[int, KeySecret], admitted: Seen, refused: Seen, back: Mapping[Who, datetime]
) -> list[CutOff]:
    found: dict[Who, CutOff] = {}
    # A caller that was cut off more than once counts once, with the latest secret that it held.
    for pk, who in sorted({*admitted, *refused}, key=lambda held: held[0]):
        hour, refused_at = admitted.get((pk, who)), refused.get((pk, who))
        # Hours are whole: refused and admitted within one, it may be two programs, and is named.
        is_back = who in back and (back[who] > refused_at if refused_at else bool(hour and back[who] >= hour))
        if not is_back:
            found[who] = CutOff(*who, retired[pk], hour, refused_at)
    return sorted(found.values(), key=_order)


def _order(one: CutOff) -> tuple[float, float, str, str]:
    refused, admitted = (at.timestamp() if at else 0.0 for at in (one.refused_at, one.admitted_in))
    return (-refused, -admitted, one.address or "", one.user_agent)


def _admitted(secrets: Sequence[int], *, since: datetime) -> dict[tuple[int, Who], datetime]:
    rows = SecretHour.objects.filter(secret__in=secrets, hour__gte=since, admitted__gt=0).order_by()
    seen = rows.values("secret_id", "address", "user_agent").annotate(last=Max("hour"))
    return {(row["secret_id"], _who(row)): row["last"] for row in seen}


def _refused(key: ApiKey, retired: Sequence[KeySecret], *, since: datetime) -> dict[tuple[int, Who], datetime]:
    by_id = {secret.public_id: secret.pk for secret in retired}
    rows = Refusal.objects.filter(key=key, at__gte=since, code=Code.ROTATED_OUT, public_id__in=by_id).order_by()
    seen = rows.values("public_id", "address", "user_agent").annotate(last=Max("at"))
    return {(by_id[row["public_id"]], _who(row)): row["last"] for row in seen}


def _who(row: Mapping[str, Any]) -> Who:
    return row["address"], row["user_agent"]
