"""What a leak's page says: the verdict, what happened in which order, and a letter to the customer. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from audit import plurals
from keys.exposure import MOST_CALLERS, Caller, Novelty, Use
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


def verdict(leak: LeakReport, use: Use, *, death: str) -> Verdict:
    """Say whether the secret is still good for whoever has it, and whether somebody new has used it."""
    if death:
        title = f"This secret no longer works: {_DEATHS[death]}"
        used = "It was used from new addresses while it was out: see below." if use.new else ""
        text = " ".join(filter(None, [used or "Nobody new is seen to have used it.", _untold(use)]))
        return Verdict(title, text, "ok", "check-circle")
    if leak.outcome == LeakReport.Outcome.HARMLESS:
        return Verdict("Closed as harmless: the secret works on", "The reason stands below.", "", "information-circle")
    if leak.outcome == LeakReport.Outcome.CONTAINED:
        text = "Whoever has it is refused from everywhere else. Replace it when the customer is ready."
        title = "Contained: the secret works from the chosen addresses alone"
        return Verdict(title, text, "warn", "shield-exclamation")
    return _of_one_that_works(leak, use)


def _of_one_that_works(leak: LeakReport, use: Use) -> Verdict:
    icon, since = "exclamation-triangle", _counted_since(leak)
    if use.new:
        whom = "1 new address has" if len(use.new) == 1 else f"{len(use.new)} new addresses have"
        title = f"This secret works, and {whom} used it since {since}"
        return Verdict(title, "Replace it now, unless the customer knows who that is.", "bad", icon, is_urgent=True)
    text = " ".join(filter(None, [f"No new address has used it since {since}.", _untold(use)]))
    return Verdict("This secret works for whoever has it", text, "warn", icon, is_urgent=True)


def _untold(use: Use) -> str:
    if not use.untold:
        return ""
    whom = plurals.counted(len(use.untold), "address", "addresses")
    return f"{whom} used it in the same hour as the exposure: before or after cannot be told."


_ASKED = "Remove the secret from where it was seen, and tell us if anything else may have been exposed."
_NOVEL = {
    Novelty.KNOWN: "",
    Novelty.SAME_HOUR: ", not seen before that hour, the one of the exposure",
    Novelty.NEW: ", not seen before",
}
_DEATHS = {
    "revoked": "it is revoked",
    "replaced": "it was replaced",
    "expired": "it has expired",
    "closed": "its organization is closed",
}


def timeline(leak: LeakReport, use: Use, done: Iterable[Happening]) -> list[Happening]:
    """Return everything about the leak, oldest first: the exposure, new addresses, and what people did."""
    told = [Happening(leak.exposed_since, "eye", "The secret was out", f"{clock(leak.exposed_since)}, as far as known")]
    told += [_first_use(leak, one, f"First use from the new address {one.address}") for one in use.new[:MOST_CALLERS]]
    told += [
        _first_use(leak, one, f"Use from {one.address} in the same hour: before or after cannot be told")
        for one in use.untold[:MOST_CALLERS]
    ]
    return sorted([*told, *done], key=lambda one: one.at)


def _first_use(leak: LeakReport, one: Caller, text: str) -> Happening:
    note = ", ".join([f"in the hour from {clock(one.first_in)}", *one.agents])
    # Hours are whole: what came within the first one came at its end, for all that is known.
    return Happening(max(one.first_in, leak.exposed_since), "signal", text, note)


def draft(leak: LeakReport, key: ApiKey, use: Use, *, death: str) -> tuple[str, str]:
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
        *_used(leak, use),
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


def _used(leak: LeakReport, use: Use) -> list[str]:
    attempts = ["Refused attempts came from:", *_listed(use.attempts), ""] if use.attempts else []
    if not use.callers:
        return [f"We have seen no use of it since {_counted_since(leak)}.", "", *attempts]
    asked = ["", "Tell us which of these are not yours.", ""]
    return [f"Since {_counted_since(leak)} it was used from:", *_listed(use.callers), *asked, *attempts]


def _listed(callers: Sequence[Caller]) -> list[str]:
    more = [f"- and {len(callers) - LISTED} more addresses"] if len(callers) > LISTED else []
    return [*map(_line, callers[:LISTED]), *more]


def _line(one: Caller) -> str:
    calls = plurals.counted(one.calls, "call") if one.calls else "not counted"
    return f"- {one.address or 'no address'}: {calls}, last in the hour from {clock(one.last_in)}{_NOVEL[one.novelty]}"
