"""Whether a credit note is what was issued: the strip of checks above its paper."""

from collections.abc import Mapping
from typing import Any

from metering import verification
from metering.models import Statement
from metering.papers.reading import Paper
from metering.reconciling import BAD, OK, Check


def strip(note: Statement, paper: Paper) -> list[Check]:
    """Check its bytes, its place in the chain, the statement that it corrects, and its lines."""
    return [_bytes(note), _place(note), _corrected(note, paper.document.get("refers_to", {})), _lines(paper)]


def _bytes(note: Statement) -> Check:
    if found := next(verification.altered(note), ""):
        return Check(*BAD, "Not as it was issued", found)
    return Check(*OK, "As it was issued", "its bytes are those of its hash")


def _place(note: Statement) -> Check:
    before = verification.predecessor(note)
    if found := next(verification.out_of_place(note, before), ""):
        return Check(*BAD, "The chain is broken", found)
    follows = f"follows {before.number}" if before else "the first of the organization"
    return Check(*OK, f"Document {note.sequence:,} in its chain", follows)


def _corrected(note: Statement, said: Mapping[str, Any]) -> Check:
    corrected = note.refers_to
    if corrected is None or (said.get("uid"), said.get("sha256")) != (corrected.uid, corrected.sha256):
        return Check(*BAD, "It names another statement", said.get("number", "none"))
    return Check(*OK, "It names the statement that it corrects", f"sha256 {corrected.sha256[:12]}…")


def _lines(paper: Paper) -> Check:
    if paper.adds_up:
        return Check(*OK, "Lines add up", paper.total_said)
    return Check(*BAD, "Lines do not add up", paper.total_said)
