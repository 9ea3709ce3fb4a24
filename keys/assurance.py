"""What a verdict about an old secret says to a person: a sentence, and the evidence for it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from keys.safety import Caller, Kind, Verdict, longest_gap

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Said:
    """A callout: title, text, tone, icon."""

    title: str
    text: str
    tone: str
    icon: str


def said(verdict: Verdict, *, now: datetime, is_fresh: bool = True, cut_off: int = 0) -> Said:
    """Say whether the old secret can be ended, and why; never that it can by counts that are not up to date.

    `cut_off` is how many callers hold a secret that works no more: nothing is called safe while they are out.
    """
    if verdict.is_safe and not is_fresh:
        text = "The counter store does not answer. Calls of the last minutes are not counted; look again once it does."
        return Said("Cannot tell now whether it is safe to end.", text, "warn", "exclamation-triangle")
    text = " ".join(filter(None, _evidence(verdict, now)))
    if verdict.is_safe and cut_off:
        whom = "1 caller is" if cut_off == 1 else f"{cut_off} callers are"
        title = f"The old secret is silent, and {whom} cut off with an earlier one."
        return Said(title, f"{text} Who was cut off is named below.", "warn", "exclamation-triangle")
    if verdict.is_safe:
        return Said("Safe to end the old secret.", text, "ok", "check-circle")
    if verdict.kind is Kind.TOO_FEW:
        return Said("Too little traffic to tell whether it is safe to end.", text, "info", "information-circle")
    return Said(f"Not safe to end yet: {_why_not(verdict)}.", text, "warn", "exclamation-triangle")


def warned(verdict: Verdict, *, until: datetime, latest: datetime, now: datetime) -> str:
    """Say that the overlap ends before it is safe, and until when to extend it; nothing where it does not.

    `latest` is how far it can be extended.
    """
    safe_from = verdict.safe_from
    if verdict.is_safe or (safe_from is None and not verdict.still) or (safe_from is not None and safe_from <= until):
        return ""
    title = f"The overlap ends {length(until - now)} from now, before it is safe"
    whom = _refused_then(verdict)
    if safe_from is None or safe_from > latest:
        return f"{title}: {whom} refused then."
    return f"{title}: extend to at least {_clock(in_whole_minutes(safe_from))}, or {whom} refused."


def in_whole_minutes(at: datetime) -> datetime:
    """The first whole minute that is not before it."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + MINUTE


def _refused_then(verdict: Verdict) -> str:
    if not verdict.still:
        return "whoever still uses the old secret is"
    first, more = verdict.still[0].address or "a caller without an address", len(verdict.still) - 1
    return f"{first} and {more} more are" if more else f"{first} is"


def _clock(at: datetime) -> str:
    return f"{at:%a %-d %b, %H:%M} UTC"


def _why_not(verdict: Verdict) -> str:
    if not verdict.still:
        return "the old secret is in use" if verdict.kind is Kind.IN_USE else "it has not been silent for long enough"
    count = len(verdict.still)
    return "1 caller still uses the old secret" if count == 1 else f"{count} callers still use the old secret"


def _evidence(verdict: Verdict, now: datetime) -> list[str]:
    if verdict.last_at is None:
        return ["No call with it was ever admitted."]
    silent = now - verdict.last_at
    if verdict.kind is Kind.SAFE and verdict.silence:
        gap = length(verdict.silence.longest_gap)
        return [
            f"It has been silent for {length(silent)}. Its calls were never further apart than {gap} before,",
            "and at its usual rate so long a silence would be less likely than 1 in 1,000.",
            "Every caller has moved." if verdict.everybody_moved else "",
        ]
    if verdict.still:
        return [_about(verdict.still[0], now), _would_be(verdict)]
    if verdict.kind is Kind.TOO_FEW:
        moved = "Every caller of it was seen on the new one since." if verdict.everybody_moved else ""
        return [
            f"It was used last {length(silent)} ago. It was used too seldom before for its silence to prove anything.",
            moved or "Ask the customer before you end it.",
        ]
    return [f"It was used last {length(silent)} ago, which is nothing unusual for it.", _would_be(verdict)]


def _about(caller: Caller, now: datetime) -> str:
    name = caller.address or "A caller without an address"
    if now - caller.last_at < HOUR:
        return f"{name} used it within the last hour."
    gap = length(longest_gap([*caller.hours]))
    since = "and was seen on the new one since" if caller.has_moved else "and was not seen on the new one"
    return f"{name} used it last {length(now - caller.last_at)} ago {since}; its calls were up to {gap} apart before."


def _would_be(verdict: Verdict) -> str:
    if verdict.safe_from is None:
        return ""
    return f"If it stays silent, it is safe from {_clock(verdict.safe_from)}."


def length(span: timedelta) -> str:
    """Say a length of time: 40 min, 9 h 20 min, 3 days."""
    if span >= 2 * DAY:
        return f"{span // DAY} days"
    hours, minutes = span // HOUR, span % HOUR // MINUTE
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes or not hours else [])])
