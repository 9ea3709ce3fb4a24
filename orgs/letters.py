"""What the mails to a customer's contacts say. Pure: facts go in, a subject and a plain text come out."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from audit import wording

WIDTH = 76
LONGEST_FACT, LONGEST_SUBJECT = 200, 180
_INDENT = 18


@dataclass(frozen=True)
class Letter:
    """A mail before it has an address; `{names}` in its texts are facts, and `rows` are the facts that it lists."""

    subject: str
    happened: str
    rows: tuple[tuple[str, str], ...]
    meaning: str


@dataclass(frozen=True)
class Written:
    """A mail as it is sent."""

    subject: str
    body: str


_KEY = (("Organization", "organization"), ("Key", "key"), ("Key prefix", "prefix"))
_ORGANIZATION = (("Organization", "organization"),)
_STATEMENT = (*_ORGANIZATION, ("Number", "number"), ("Period", "period"), ("Total, before tax", "total"))
_PILOT = (*_ORGANIZATION, ("From", "starts"), ("Until", "ends"), ("At most", "cap"))

LETTERS: dict[str, Letter] = {
    "key_issued": Letter(
        "Key {name} was issued for {organization}",
        "A new {environment} key was issued for your organization.",
        (*_KEY, ("API versions", "versions"), ("Issued", "at"), ("Expires", "expires")),
        "The secret itself is never in a mail. It is handed over to you separately. If nobody on your side asked for"
        " this key, tell us.",
    ),
    "key_rotated": Letter(
        "Key {name} of {organization} has a new secret",
        "A key of your organization got a new secret. Its id, limits and history stay the same.",
        (*_KEY, ("New secret from", "begins"), ("Old secret stops", "stops")),
        "Put the new secret to work before the old one stops: from then on calls with the old one are refused with 401"
        " and the code ROTATED_OUT. The secret itself is never in a mail.",
    ),
    "key_replaced": Letter(
        "Key {name} of {organization} has a new secret",
        "A key of your organization got a new secret, and the old one stopped at once. Its id, limits and history stay"
        " the same.",
        (*_KEY, ("Replaced", "begins")),
        "Put the new secret to work now: calls with the old one are refused with 401 and the code ROTATED_OUT. The"
        " secret itself is never in a mail.",
    ),
    "key_overlap_changed": Letter(
        "Old secret of key {name} of {organization}: another end",
        "The time at which the old secret of a key stops was changed.",
        (*_KEY, ("Old secret", "old"), ("Stops", "stops")),
        "From then on calls with the old secret are refused with 401 and the code ROTATED_OUT. The new one works.",
    ),
    "key_rotation_taken_back": Letter(
        "Rotation of key {name} of {organization} was taken back",
        "A rotation of which we told you was taken back.",
        (*_KEY, ("Works on", "old"), ("Does not work", "new"), ("Since", "at")),
        "Go on with the secret that works. Calls with the other one are refused with 401.",
    ),
    "key_paused": Letter(
        "Key {name} of {organization} is paused",
        "A key of your organization was paused.",
        (*_KEY, ("Paused", "at")),
        "Calls with this key are refused with 403 and the code PAUSED until it is resumed. Nothing has to be changed on"
        " your side for that. If you did not expect this, tell us.",
    ),
    "key_resumed": Letter(
        "Key {name} of {organization} works again",
        "A key of your organization that was paused works again.",
        (*_KEY, ("Resumed", "at")),
        "Nothing has to be done: the secrets are the ones that you have.",
    ),
    "key_revoked": Letter(
        "Key {name} of {organization} was revoked",
        "A key of your organization was revoked. This is final.",
        (*_KEY, ("Revoked", "at"), ("Why", "why")),
        "Calls with this key are refused with 401 and the code REVOKED. Take it out of your systems. If you still need"
        " access where it was used, ask us for a new key.",
    ),
    "key_expiring": Letter(
        "Key {name} of {organization} expires on {day}",
        "A key of your organization expires {left}.",
        (*_KEY, ("Expires", "expires")),
        "From then on calls with this key are refused with 401 and the code EXPIRED. If it is still needed, ask us for"
        " a later date or for a new key before that day.",
    ),
    "key_expired": Letter(
        "Key {name} of {organization} has expired",
        "A key of your organization has expired.",
        (*_KEY, ("Expired", "expires")),
        "Calls with this key are refused with 401 and the code EXPIRED. It cannot be brought back. If you still need"
        " access where it was used, ask us for a new key.",
    ),
    "organization_suspended": Letter(
        "{organization} is suspended",
        "Your organization's access to the Axis API was suspended.",
        (*_ORGANIZATION, ("Suspended", "at")),
        "Calls with any key of your organization are refused with 403 and the code ORG_SUSPENDED until it is"
        " reinstated. Keys and usage stay as they are. If you did not expect this, tell us.",
    ),
    "organization_reinstated": Letter(
        "{organization} is reinstated",
        "Your organization's access to the Axis API works again.",
        (*_ORGANIZATION, ("Reinstated", "at")),
        "Nothing has to be done: the keys are the ones that you have.",
    ),
    "limit_changed": Letter(
        "Limits of {organization} changed",
        "What your organization may call the Axis API for was changed.",
        (*_ORGANIZATION, ("What", "what"), ("Before", "before"), ("Now", "after"), ("From", "at")),
        "It holds for all calls from then on. If you did not expect this, tell us.",
    ),
    "quota_used": Letter(
        "{organization} has used {share} of a quota",
        "Your organization has used {share} of one of its quotas. {meaning}.",
        (
            *_ORGANIZATION,
            ("Quota", "what"),
            ("Counts", "whose"),
            ("Used", "used"),
            ("Of", "limit"),
            ("Begins anew", "ends"),
        ),
        "What is still running counts as used. If the quota is too small for you, tell us.",
    ),
    "pilot_started": Letter(
        "The pilot of {organization} starts",
        "Your organization's pilot of the Axis API is set up.",
        _PILOT,
        "In that time your keys may call for what was agreed on. After it calls are refused with 403 and the code"
        " PILOT_ENDED.",
    ),
    "pilot_changed": Letter(
        "The pilot of {organization} has other terms",
        "What your organization may call for in its pilot was changed.",
        _PILOT,
        "It holds for all calls from now on. If you did not expect this, tell us.",
    ),
    "pilot_extended": Letter(
        "The pilot of {organization} has another end",
        "The end of your organization's pilot was moved.",
        _PILOT,
        "Your keys may call until then. From then on calls are refused with 403 and the code PILOT_ENDED.",
    ),
    "pilot_cancelled": Letter(
        "The pilot of {organization} was ended",
        "Your organization's pilot was ended before its time.",
        (*_ORGANIZATION, ("Ended", "at")),
        "Calls with any key of your organization are refused with 403 and the code PILOT_ENDED. Keys and usage stay as"
        " they are. If you did not expect this, tell us.",
    ),
    "pilot_converted": Letter(
        "{organization} is in production",
        "The pilot of your organization has become production.",
        (*_ORGANIZATION, ("Since", "at"), ("Plan", "plan"), ("API versions", "versions")),
        "Your keys stay the same, and so do their secrets: nothing has to be changed on your side. The plan's limits"
        " hold from now on, and generations count under your contract.",
    ),
    "pilot_ending": Letter(
        "The pilot of {organization} ends on {day}",
        "The pilot of your organization ends {left}.",
        _PILOT,
        "From then on calls are refused with 403 and the code PILOT_ENDED. To go on, or to have more time, talk to your"
        " account manager before that day.",
    ),
    "pilot_ended": Letter(
        "The pilot of {organization} has ended",
        "The pilot of your organization has ended.",
        (*_ORGANIZATION, ("Ended", "ends")),
        "Calls are refused with 403 and the code PILOT_ENDED. Keys and usage stay as they are: to go on, talk to your"
        " account manager.",
    ),
    "pilot_cap": Letter(
        "The pilot of {organization} has used {share} of its generations",
        "The pilot of your organization is close to its cap.",
        (*_ORGANIZATION, ("Used", "used"), ("At most", "cap"), ("Until", "ends")),
        "Beyond the cap calls are refused with 429 and the code QUOTA_EXCEEDED until the pilot ends. If that is too"
        " little, talk to your account manager.",
    ),
    "limit_set": Letter(
        "Limits of {organization} changed",
        "What your organization may call the Axis API for was changed.",
        (
            *_ORGANIZATION,
            ("What", "what"),
            ("Before", "before"),
            ("Now", "after"),
            ("From", "at"),
            ("Until", "until"),
        ),
        "It holds for all calls in that time. If you did not expect this, tell us.",
    ),
    "usage_reached": Letter(
        "{organization} has used {share} of its {what}",
        "Your organization has used {share} of the {what} of its billing period {period}. {meaning}.",
        (*_ORGANIZATION, ("Period", "period"), ("Used", "used"), ("Of", "limit"), ("Period ends", "ends")),
        "No call is refused because of it. If you expect other volumes from now on, tell us.",
    ),
    "statement_issued": Letter(
        "Statement {number} for {organization}",
        "The billing period {period} is final. Its statement is attached.",
        _STATEMENT,
        "What is reported for this period from now on goes to a later statement, on a line of its own. If something in"
        " it is wrong, tell us: a credit note corrects it, the statement stays as it is.",
    ),
    "credit_note_issued": Letter(
        "Credit note {number} for {organization}",
        "We have issued a credit note to statement {statement}. It is attached.",
        (*_STATEMENT, ("To statement", "statement")),
        "The statement itself stays as it is.",
    ),
}


def write(name: str, facts: Mapping[str, str], *, recipient: str, questions: str) -> Written:
    """Return the mail; `recipient` says why they get it, `questions` whom to ask.

    Facts are cut and cleaned, so that no name can break a line, turn the text around or hold a key. KeyError for a
    fact that the letter speaks of and that is not there.
    """
    letter = LETTERS[name]
    known = {field: _clean(value) for field, value in facts.items()}
    rows = "\n".join(_row(label, known[field]) for label, field in letter.rows)
    parts = [
        _wrapped(letter.happened.format_map(known)),
        rows,
        _wrapped(letter.meaning),
        _wrapped(questions),
        "-- \n" + _wrapped(recipient),
    ]
    subject = wording.neutral(f"Axis API: {letter.subject.format_map(known)}", LONGEST_SUBJECT)
    return Written(subject, "\n\n".join(parts) + "\n")


def _clean(text: str) -> str:
    return wording.neutral(wording.one_line(text), LONGEST_FACT)


def _row(label: str, value: str) -> str:
    return f"  {label:{_INDENT}}{value}"


def _wrapped(text: str) -> str:
    return textwrap.fill(_clean_long(text), WIDTH, break_long_words=False, break_on_hyphens=False)


def _clean_long(text: str) -> str:
    return wording.neutral(wording.one_line(text), 2_000)
