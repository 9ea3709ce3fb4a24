"""The board of account managers: their organizations, what needs them first at the top."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import plurals
from metering import accounts as board
from metering.accounts import Account
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization, Staff
from orgs.models.organizations import OrganizationQuerySet
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 25
NOBODY = "nobody"
# The only value of `show`, apart from everything.
NEEDING = "needing"


@require_safe
@requires(Permission.USAGE_SEE)
def accounts(request: StaffRequest) -> HttpResponse:
    """List the organizations in scope that are not closed, by what they need, name, usage or renewal."""
    if cut := pages.without_keys(request):
        return cut
    now = timezone.now()
    mine = Organization.objects.for_user(request.user, Permission.USAGE_SEE)
    mine = mine.exclude(status=Organization.Status.CLOSED)
    found = board.of(list(_filtered(mine, request)), now=now)
    needing = sum(1 for account in found if account.attention)
    shown = [account for account in found if account.attention] if request.GET.get("show") == NEEDING else found
    page = Paginator(board.ordered(shown, _order(request)), PER_PAGE).get_page(request.GET.get("page"))
    board.complete(list(page), now=now)
    context = {
        "title": "Accounts",
        "page": page,
        "needing": needing,
        "counted": _counted(shown, page.paginator.count),
        "managers": [*((person.uid, str(person)) for person in _managers(mine)), (NOBODY, "nobody")],
        "is_filtered": any(request.GET.get(name) for name in ("q", "manager", "show")),
        "now": now,
    }
    return render(request, "metering/accounts.html", context)


def _filtered(mine: OrganizationQuerySet, request: StaffRequest) -> OrganizationQuerySet:
    words, manager = (_asked(request, name) for name in ("q", "manager"))
    if words:
        mine = mine.matching(words)
    if manager == NOBODY:
        mine = mine.filter(account_manager=None)
    elif manager:
        mine = mine.filter(account_manager__uid=manager)
    return mine.select_related("plan_version__plan", "account_manager")


def _asked(request: StaffRequest, name: str) -> str:
    text = request.GET.get(name, "").strip()
    return "" if access.is_unfit(text) else text


def _order(request: StaffRequest) -> str:
    asked = request.GET.get("order", "")
    return asked if asked in board.ORDERS else board.ORDERS[0]


def _counted(shown: list[Account], count: int) -> str:
    generations = sum(account.generations for account in shown)
    return f"{plurals.counted(count, 'organization')}, {generations:,} generations in their present periods"


def _managers(mine: OrganizationQuerySet) -> QuerySet[Staff]:
    return Staff.objects.filter(pk__in=mine.order_by().values("account_manager")).order_by("name")
