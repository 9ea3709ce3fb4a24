"""What a leak's page says: the verdict, what happened in which order, and a letter to the customer. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from keys.exposure import Caller
from keys.models import ApiKey, LeakReport
from orgs.models import Contact

# Mail programs cut what is longer.
LONGEST_MAILTO = 1_800
# A letter names so many addresses.
LISTED = 20


@dataclass(frozen=True)
class Verdict:
    """The sentence above the evidence; `is_urgent` where somebody has to act now."""

    title: str
    text: str
    tone: str
    icon: str
    is_urgent: bool = False


@dataclass(frozen=True)
class Happening:
    """Something at a time, as an item of a feed."""

    at: datetime
    icon: str
    text: str
    note: str = ""
    href: str = ""


def verdict(leak: LeakReport, callers: Sequence[Caller], *, death: str) -> Verdict:
    """Say whether the secret is still good for whoever has it, and whether somebody new has used it."""
    fresh = sum(one.is_new and one.admitted > 0 for one in callers)
    if death:
        title = f"This secret no longer works: {_DEATHS[death]}"
        used = "It was used from new addresses while it was out: see below." if fresh else ""
        return Verdict(title, used or "Nobody new is seen to have used it.", "ok", "check-circle")
    if leak.outcome == LeakReport.Outcome.HARMLESS:
        return Verdict("Closed as harmless: the secret works on", "The reason stands below.", "", "information-circle")
    if leak.outcome == LeakReport.Outcome.CONTAINED:
        text = "Whoever has it is refused from everywhere else. Replace it when the customer is ready."
        return Verdict(
            "Contained: the secret works from the chosen addresses alone", text, "warn", "shield-exclamation"
        )
    if fresh:
        whom = "1 new address has" if fresh == 1 else f"{fresh} new addresses have"
        text = "Replace it now, unless the customer knows who that is."
        return Verdict(
            f"This secret works, and {whom} used it since {_counted_since(leak)}",
            text,
            "bad",
            "exclamation-triangle",
            is_urgent=True,
        )
    text = f"No new address has used it since {_counted_since(leak)}."
    return Verdict("This secret works for whoever has it", text, "warn", "exclamation-triangle", is_urgent=True)


_ASKED = "Remove the secret from where it was seen, and tell us if anything else may have been exposed."
_DEATHS = {
    "revoked": "it is revoked",
    "replaced": "it was replaced",
    "expired": "it has expired",
    "closed": "its organization is closed",
}


def timeline(leak: LeakReport, callers: Iterable[Caller], done: Iterable[Happening]) -> list[Happening]:
    """Return everything about the leak, oldest first: the exposure, new addresses, and what people did."""
    told = [Happening(leak.exposed_since, "eye", "The secret was out", f"{clock(leak.exposed_since)}, as far as known")]
    for one in callers:
        if one.is_new:
            agents = ", ".join(one.agents)
            note = f"in the hour from {clock(one.first_at)}{f', {agents}' if agents else ''}"
            # Hours are whole: what came within the first one came at its end, for all that is known.
            at = max(one.first_at, leak.exposed_since)
            told.append(Happening(at, "signal", f"First use from the new address {one.address}", note))
    return sorted([*told, *done], key=lambda one: one.at)


def draft(leak: LeakReport, key: ApiKey, callers: Sequence[Caller], *, death: str) -> tuple[str, str]:
    """Return the subject and the text of a letter to the customer. The secret goes by its prefix alone."""
    prefix = str(leak.secret)
    subject = f"Your Axis API key {key.name} has leaked"
    lines = [
        "Hello,",
        "",
        f"A secret of your Axis API key {key.name} ({prefix}) was seen where it should not be.",
        "",
        f"Seen by: {leak.source}",
        *([f"Where: {leak.url}"] if leak.url else []),
        f"Exposed since: {clock(leak.exposed_since)}, as far as we know",
        f"Reported: {clock(leak.reported_at)}",
        "",
        _standing(leak, death),
        "",
        *_used(leak, callers),
        _ASKED,
    ]
    return subject, "\n".join(lines)


def mailto(contacts: Iterable[Contact], subject: str, text: str) -> str:
    """Return the address that opens the letter in the reader's own mail program; empty without a contact."""
    to = ",".join(quote(one.email, safe="@+") for one in contacts)
    if not to:
        return ""
    whole = f"mailto:{to}?subject={quote(subject)}&body={quote(text)}"
    return whole if len(whole) <= LONGEST_MAILTO else f"mailto:{to}?subject={quote(subject)}"


def clock(at: datetime) -> str:
    """A time as it is written in a letter."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def _standing(leak: LeakReport, death: str) -> str:
    if death:
        return f"The secret no longer works: {_DEATHS[death]}."
    if leak.outcome == LeakReport.Outcome.CONTAINED:
        return "The secret now works from a few known addresses alone, and is refused from everywhere else."
    return "The secret still works. We will replace it and hand a new one over to you."


def _counted_since(leak: LeakReport) -> str:
    """Calls are counted by the hour, so that use is known from the hour of the exposure on."""
    return clock(leak.exposed_since.replace(minute=0))


def _used(leak: LeakReport, callers: Sequence[Caller]) -> list[str]:
    if not callers:
        return [f"We have seen no use of it since {_counted_since(leak)}.", ""]
    listed = [_line(one) for one in callers[:LISTED]]
    more = [f"- and {len(callers) - LISTED} more addresses"] if len(callers) > LISTED else []
    return [
        f"Since {_counted_since(leak)} it was used from:",
        *listed,
        *more,
        "",
        "Tell us which of these are not yours.",
        "",
    ]


def _line(one: Caller) -> str:
    calls = f"{one.calls:,} call{'' if one.calls == 1 else 's'}"
    is_new = ", not seen before" if one.is_new else ""
    return f"- {one.address or 'no address'}: {calls}, last in the hour from {clock(one.last_at)}{is_new}"
