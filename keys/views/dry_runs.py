"""What would this have refused? Asked of a key before it is paused, bound to networks or rid of its old secret."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from keys import freshness, states
from keys.dry_run import DryRun, of_ending_overlap, of_networks, of_pausing
from keys.models import ApiKey
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

PAUSE, NETWORKS, OVERLAP = "pause", "networks", "overlap"


class DryRunForm(forms.Form):
    """Which change; it stands in the address. Networks are parted by blanks, commas or lines."""

    change = forms.ChoiceField(
        label="Change",
        choices=[
            (PAUSE, "Pause the key"),
            (NETWORKS, "Allow these networks alone"),
            (OVERLAP, "End the old secret"),
        ],
        widget=forms.RadioSelect,
    )
    networks = forms.CharField(
        label="Networks",
        help_text="Such as 203.0.113.0/24 or 2001:db8::/32; several with blanks between them.",
        max_length=4_000,
        required=False,
        strip=True,
    )

    def asked(self, key: ApiKey) -> DryRun:
        """Return the answer for a form that is valid. Raises ValueError where a text is no network."""
        change, now = self.cleaned_data["change"], timezone.now()
        if change == NETWORKS:
            return of_networks(key, self.cleaned_data["networks"].replace(",", " ").split(), now)
        return of_ending_overlap(key, now) if change == OVERLAP else of_pausing(key, now)


@require_safe
@requires(Permission.KEY_SEE)
def dry_run(request: StaffRequest, uid: str) -> HttpResponse:
    """Show what a change of a key would have refused in the last 24 hours. Nothing is changed."""
    if cut := pages.without_keys(request):
        return cut
    key, is_fresh = freshness.reread(access.find(request, ApiKey, Permission.KEY_SEE, uid=uid))
    form = DryRunForm({"change": PAUSE, "networks": " ".join(key.allowed_cidrs), **request.GET.dict()})
    context = {
        "key": key,
        "tab": "Dry run",
        "state": states.of_key(key, at=timezone.now()),
        "form": form,
        "run": _answer(form, key),
        "is_fresh": is_fresh,
    }
    return render(request, "keys/dry_run.html", context, status=pages.UNPROCESSABLE if form.errors else 200)


def _answer(form: DryRunForm, key: ApiKey) -> DryRun | None:
    if not form.is_valid():
        return None
    try:
        return form.asked(key)
    except ValueError as error:
        form.add_error("networks", f"Not a network: {error}.")
        return None
