"""Answer with a new one-time link: shown once, as a secret is, or mailed and then not shown at all."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from keys import actions, deliveries, link_mail
from keys.actions.deliveries import Handed, Made
from keys.delivery_forms import MAIL, HandoverMixin
from orgs import pages
from orgs.requests import StaffRequest


def make(request: StaffRequest, form: HandoverMixin, act: Callable[[], Made]) -> Made | Handed:
    """Run the action that makes a secret; where a link was chosen, put it behind one in the same transaction."""
    if not form.by_link:
        return act()
    return actions.deliver_new(make=act, actor=request.actor, **form.delivery)


def handed_over(
    request: StaffRequest, form: HandoverMixin, *, place: dict[str, Any], done: str = "keys:detail"
) -> HttpResponse:
    """Show the link that the form made, this once; one that was mailed is not shown. The answer is kept nowhere."""
    handed: Handed = form.result
    link = handed.link
    url = deliveries.link(_base_url(request), uid=link.uid, token=handed.token)
    is_mailed = form.way == MAIL and link_mail.send(link, url=url)
    context = {
        "link": link,
        "url": "" if is_mailed else url,
        "is_mailed": is_mailed,
        "has_failed": form.way == MAIL and not is_mailed,
        "facts": [
            ("For", link.recipient),
            ("Works until", f"{link.expires_at:%-d %b %Y, %H:%M} UTC, once"),
            ("Key", f"{link.secret.key}, {link.secret.key.get_environment_display().lower()}"),
            *([] if link_mail.is_set_up() else [("Mail", "not set up here, pass the link on yourself")]),
        ],
        "done": reverse(done, args=[link.secret.key.uid]),
        **place,
    }
    return pages.dialog(request, "keys/handed_over.html", context)


def _base_url(request: StaffRequest) -> str:
    """Where customers open links: their own address, or this site's where it serves them too."""
    return settings.DELIVERY_URL or request.build_absolute_uri("/").rstrip("/")
