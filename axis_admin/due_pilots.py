"""The pilots that need somebody: those that end soon, with what stands in the way, and those close to their cap."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F
from django.urls import reverse

from keys.models import Pilot
from metering import blockers
from metering.pilot_cards import Card
from orgs.models import Organization, Staff
from orgs.policy import Permission

Said = dict[str, str]
READY = "nothing stands in the way of converting it"


def items(person: Staff, *, now: datetime, most: int) -> Iterator[tuple[datetime, Said]]:
    """Yield what is to be done, and by when: before the end of a pilot, and while its cap lasts."""
    mine = Pilot.objects.for_user(person, Permission.ORGANIZATION_SEE)
    mine = mine.select_related("organization__plan_version__plan", "production_plan__plan")
    for pilot in mine.ending(at=now)[:most]:
        yield pilot.ends_at, _ending(Card(pilot, now))
    # The sweep has found them; what they have used meanwhile is asked anew.
    near = mine.running(at=now).filter(organization__status=Organization.Status.PILOT, mark__cap=F("generation_cap"))
    for card in [Card(pilot, now) for pilot in near.order_by("ends_at")[:most]]:
        if card.meter is not None and card.is_near_cap:
            yield card.pilot.ends_at, _near_cap(card)


def _ending(card: Card) -> Said:
    in_the_way = blockers.said(card.blockers)
    note = f"In the way of converting it: {in_the_way}" if in_the_way else f"Calls are refused from then on; {READY}"
    return _said(card, f"Pilot of {card.pilot.organization} ends", note)


def _near_cap(card: Card) -> Said:
    used = card.meter["text"] if card.meter else ""
    note = "Calls beyond the cap are refused until it ends"
    return _said(card, f"Pilot of {card.pilot.organization} has used {used} generations", note)


def _said(card: Card, text: str, note: str) -> Said:
    href = reverse("metering:pilot", args=[card.pilot.organization.uid])
    return {"icon": "beaker", "text": text, "note": note, "act": "See pilot", "href": href}
