"""How the gateways stand to a change of a key, looked at each second until all have confirmed."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseStopPolling

from keys import confirmations, states
from keys.models import ApiKey
from orgs import access, pages
from orgs.access import requires
from orgs.models import Change
from orgs.policy import Permission
from orgs.requests import StaffRequest

LONGEST_NUMBER = 18


@require_safe
@requires(Permission.KEY_SEE)
def confirmed(request: StaffRequest, uid: str) -> HttpResponse:
    """Show which gateways have confirmed a change of the key; `change` names it, else its latest one."""
    key = access.find(request, ApiKey.objects.with_secrets(), Permission.KEY_SEE, uid=uid)
    change = _change(key, request.GET.get("change", ""))
    found = confirmations.of(change)
    context = {"key": key, "found": found, "names": request.staff.can(Permission.GATEWAY_SEE)}
    if not pages.is_fragment(request):
        whole = {"tab": "Overview", "state": states.of_key(key, at=timezone.now())}
        return render(request, "keys/confirmed.html", {**context, **whole})
    answer = render(request, "keys/_confirmations.html", context)
    if found.is_over:
        return HttpResponseStopPolling(answer.content)
    return answer


def _change(key: ApiKey, number: str) -> Change:
    known = number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER
    rows = confirmations.changes_of(key)
    change = rows.filter(seq=int(number)).first() if known else rows.first() if not number else None
    if change is None:
        raise Http404("no such change of this key")
    return change
