"""The RateLimit headers of the IETF draft (draft-ietf-httpapi-ratelimit-headers), ready for a gateway to copy. Pure."""

from collections.abc import Sequence

from keys.limits.limiter import Standing


def of(standings: Sequence[Standing]) -> dict[str, str]:
    """Return the headers by name: the most constrained limit first, {} where no limit blocks.

    Limits that only warn are no promise to the customer, so that they are left out. Retry-After stands there where
    waiting helps against everything that refused.
    """
    shown = [one for one in standings if one.limit.blocks]
    if not shown:
        return {}
    if len(shown) > 1:
        shown.sort(key=_room)
    headers = {
        "RateLimit-Policy": ", ".join([one.limit.policy for one in shown]),
        "RateLimit": ", ".join([_standing(one) for one in shown]),
    }
    # The one that refused comes first.
    if not shown[0].short:
        return headers
    waits = [one.retry_us for one in shown if one.short]
    if None not in waits:
        headers["Retry-After"] = str(max(_seconds(wait or 0) for wait in waits))
    return headers


def _room(standing: Standing) -> tuple[bool, float]:
    return not standing.short, standing.remaining / (standing.limit.room or 1)


def _standing(standing: Standing) -> str:
    # A refused call is told the instant of its Retry-After, so that both headers name the same one.
    until = (standing.short and standing.retry_us) or standing.reset_us
    return f"{standing.limit.quoted};r={standing.remaining};t={-(-until // 1_000_000)}"


def _seconds(microseconds: int) -> int:
    return max(1, -(-microseconds // 1_000_000))
