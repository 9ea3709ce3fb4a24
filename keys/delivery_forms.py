"""How a new secret is handed over, and what is asked before a one-time link is resent, cancelled or looked into."""

from datetime import timedelta
from typing import Any

from django import forms

from keys import deliveries, link_mail
from keys.models import DeliveryLink
from orgs.forms import ActionForm, OptionalReasonForm, ReasonForm, Text
from orgs.models import Organization

SHOW, LINK, MAIL = "show", "link", "mail"
SHOWN = (SHOW, "Show it to me once")
LINKED = (LINK, "One-time link, which I pass on")
MAILED = (MAIL, "One-time link, mailed to the customer")
NO_MAIL = "Mail is not set up here, so that you pass the link on yourself."


class HandoverMixin(ActionForm):
    """Whether the person sees the secret, or only a one-time link to it; for whom the link is and how long it works."""

    handover = forms.ChoiceField(
        label="Hand over", choices=[SHOWN, LINKED, MAILED], required=False, widget=forms.RadioSelect
    )
    recipient = Text(
        label="For whom", max_length=254, required=False, help_text="A contact, or another name or address."
    )
    lifetime = forms.ChoiceField(
        label="The link works for", choices=list(deliveries.LABELS.items()), initial="24h", required=False
    )

    def offer_handover(self, organization: Organization, *, shows: bool = True) -> None:
        """Offer what is possible here, and the organization's contacts; a secret that is resent is never shown."""
        ways = [*([SHOWN] if shows else []), LINKED, *([MAILED] if link_mail.is_set_up() else [])]
        self.choose_from("handover", ways)
        self.fields["handover"].initial = ways[0][0]
        if len(ways) == 1:
            self.fields["handover"].widget = forms.HiddenInput()
        self.fields["handover"].help_text = "" if link_mail.is_set_up() else NO_MAIL
        self.fields["recipient"].widget.attrs["list"] = "contacts"
        for name in ("handover", "recipient", "lifetime"):
            # Not for everybody, but not optional for whom it is asked.
            self.fields[name].conditional = True  # type: ignore[attr-defined]
        self.contacts = sorted({str(contact) for contact in organization.contacts.all()})
        self.usual = ways[0][0]

    @property
    def way(self) -> str:
        """How it is handed over: show, link or mail."""
        chosen: str = self.cleaned_data.get("handover") or self.usual
        return chosen

    @property
    def by_link(self) -> bool:
        return self.way != SHOW

    @property
    def delivery(self) -> dict[str, Any]:
        """The arguments of `actions.deliver_new` that the form answers."""
        lifetime: timedelta = deliveries.LIFETIMES[self.cleaned_data["lifetime"] or "24h"]
        return {"recipient": self.cleaned_data["recipient"], "lifetime": lifetime}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.by_link or "recipient" in self.errors:
            return cleaned
        if not cleaned["recipient"]:
            self.add_error("recipient", "Say for whom the link is.")
        elif self.way == MAIL and link_mail.address_in(cleaned["recipient"]) is None:
            self.add_error("recipient", "Mail needs an address, such as ops@studio.example.")
        return cleaned


class ResendLinkForm(OptionalReasonForm, HandoverMixin):
    """For whom the new link is, and how long it works."""

    field_order = ["handover", "recipient", "lifetime", "reason", "ticket", "password"]

    def __init__(self, *args: Any, link: DeliveryLink, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_handover(link.organization, shows=False)
        self.fields["recipient"].initial = link.recipient

    @property
    def wanted(self) -> dict[str, Any]:
        """The arguments of `actions.resend_link` that the form answers."""
        return {**self.delivery, **self.why}


class CancelLinkForm(OptionalReasonForm):
    """Why a link is cancelled."""


class SettleAlarmForm(ReasonForm):
    """What became of a link that was opened again."""
