"""Change many keys: choose, look at what would become of each, then let a job do it."""

import hashlib
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit import jobs, plurals, tasks, trail
from keys import bulk as work
from keys.bulk import ACTS, Act
from keys.filters import KeyFilter
from keys.list_forms import FORMS, BulkForm
from keys.models import ApiKey, ApiKeyQuerySet
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

# Of each kind as many stand on the review; the job has a result for each.
SHOWN = 100
MEANING = "The job has a result for each; what is refused stays as it is."
NOTHING = "There is nothing that a job could do. Choose other keys, or go back and answer otherwise."


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_BULK)
def bulk(request: StaffRequest, act: str) -> HttpResponse:
    """Ask what is to become of the keys that the address names, show what would, and start the job."""
    if cut := pages.without_keys(request):
        return cut
    chosen = ACTS.get(act)
    if chosen is None:
        raise Http404
    _check_permission(request)
    keys, problem = _selected(request)
    if problem:
        return pages.refused(request, reverse("keys:index"), problem)
    form = FORMS[act](pages.posted(request), request=request, permission=Permission.KEY_BULK)
    if not form.is_bound or not form.is_valid():
        return _asked(request, chosen, form, keys)
    fingerprint = _fingerprint(keys)
    if form.cleaned_data["seen"] == fingerprint and pages.accepted(form, lambda: _start(request, chosen, form, keys)):
        tasks.enqueue(form.result)
        return pages.done(request, reverse("audit:job", args=[form.result.pk]), "The job has begun.")
    return _reviewed(request, chosen, form, keys, fingerprint)


def _check_permission(request: StaffRequest) -> None:
    # The decorator leaves an address with arguments to whoever takes the object; here there is none to take.
    if not request.staff.can(Permission.KEY_BULK):
        access.refuse(request, Permission.KEY_BULK)
        raise PermissionDenied


def _selected(request: StaffRequest) -> tuple[ApiKeyQuerySet, str]:
    """The keys that were ticked, or all that match the filter; and why nothing can be done with them."""
    mine = ApiKey.objects.for_user(request.user, Permission.KEY_SEE)
    if request.GET.get("all"):
        form = KeyFilter(request.GET, user=request.user)
        keys = form.apply(mine)
        if not form.is_valid():
            return keys, "The filter is not valid. Nothing was changed."
    else:
        uids = set(request.GET.getlist("key"))
        keys = mine.filter(uid__in=[uid for uid in uids if not access.is_unfit(uid)])
        if missing := uids - set(keys.values_list("uid", flat=True)):
            name = sorted(missing)[0]
            access.refuse(request, Permission.KEY_SEE, target=trail.Target("key", name, name))
            raise Http404
    count = keys[: jobs.MOST + 1].count()
    if not count:
        return keys, "Tick the keys that you mean, or “All that match”."
    too_many = f"At most {jobs.MOST:,} keys in one job. Narrow the filter." if count > jobs.MOST else ""
    return keys.order_by("pk"), too_many


def _fingerprint(keys: ApiKeyQuerySet) -> str:
    """Name the keys and their versions, so that what is done is what was reviewed."""
    seen = "\n".join(f"{uid} {version}" for uid, version in keys.values_list("uid", "version"))
    return hashlib.sha256(seen.encode()).hexdigest()


def _start(request: StaffRequest, act: Act, form: BulkForm, keys: ApiKeyQuerySet) -> object:
    pieces = work.pieces(keys.select_related("organization"))
    return jobs.start(
        kind=act.kind,
        actor=request.actor,
        title=f"{act.done} {plurals.counted(len(pieces), 'key')}",
        items=pieces,
        arguments=form.arguments,
        **form.why,
        once=_asked_for(form, keys),
    )


def _asked_for(form: BulkForm, keys: ApiKeyQuerySet) -> str:
    """Name the answers and the keys: a form that is sent twice asks for the same."""
    asked = f"{_fingerprint(keys)} {_answers(form)}"
    return hashlib.sha256(asked.encode()).hexdigest()


def _asked(request: StaffRequest, act: Act, form: BulkForm, keys: ApiKeyQuerySet) -> HttpResponse:
    context = {"act": act, "form": form, "count": keys.count(), **_place(request, act)}
    return render(request, "keys/bulk.html", context, status=422 if form.errors else 200)


def _reviewed(request: StaffRequest, act: Act, form: BulkForm, keys: ApiKeyQuerySet, fingerprint: str) -> HttpResponse:
    if form.cleaned_data["seen"]:
        messages.info(request, "The keys changed meanwhile. Look again before you go on.")
    review = work.review(act, keys, form.arguments, person=request.user)
    context = {
        "act": act,
        "form": form,
        "review": review,
        "changing": review.changing[:SHOWN],
        "staying": review.staying[:SHOWN],
        "meaning": MEANING if review.changing else NOTHING,
        "run": f"{act.done} {plurals.counted(len(review.changing), 'key')}",
        "answers": [(name, value) for name, value in _answers(form) if name != "seen"],
        "fingerprint": fingerprint,
        **_place(request, act),
    }
    return render(request, "keys/bulk_review.html", context, status=422 if form.errors else 200)


def _answers(form: BulkForm) -> list[tuple[str, str]]:
    """What was answered, to be sent once more; the password is not."""
    return [
        (name, value)
        for name in form.fields
        if name != "password"
        for value in form.data.getlist(name)  # type: ignore[attr-defined]
    ]


def _place(request: StaffRequest, act: Act) -> dict[str, Any]:
    """Where the pages stand, and the way back to the list as it was filtered."""
    index = reverse("keys:index")
    query = KeyFilter(request.GET, user=request.user).query
    back = f"{index}?{query}" if query else index
    return {"back": back, **pages.place(f"{act.title}: many keys", ("Keys", index))}
