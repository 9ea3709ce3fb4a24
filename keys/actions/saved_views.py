"""Filters of a list that a person keeps under a name of their own."""

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from keys.models import SavedView
from orgs.models import Staff

MOST = 20


@transaction.atomic
def save_view(*, owner: Staff, actor: trail.Actor, page: str, name: str, query: str) -> SavedView:
    """Keep the query of a page under a name. Raises ValidationError by field: a name in use, MOST views already."""
    Staff.objects.select_for_update(no_key=True).get(pk=owner.pk)
    mine = SavedView.objects.filter(owner=owner, page=page)
    if mine.count() >= MOST:
        raise ValidationError(f"You have {MOST} views already. Remove one first.")
    view = SavedView(owner=owner, page=page, name=name.strip(), query=query)
    _check(view)
    view.save(force_insert=True)
    values = {"name": [None, view.name], "query": [None, query], "page": [None, page]}
    trail.record(Verb.VIEW_SAVED, actor=actor, target=view.target, changes=values)
    return view


@transaction.atomic
def rename_view(*, view: SavedView, actor: trail.Actor, name: str) -> SavedView:
    """Give the view another name; nothing happens where it has it already."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    before, view.name = view.name, name.strip()
    if before == view.name:
        return view
    _check(view)
    view.save(update_fields=["name"])
    trail.record(Verb.VIEW_RENAMED, actor=actor, target=view.target, changes={"name": [before, view.name]})
    return view


@transaction.atomic
def remove_view(*, view: SavedView, actor: trail.Actor) -> None:
    """Forget the view; the list itself is not touched."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    values = {"name": [view.name, None], "query": [view.query, None], "page": [view.page, None]}
    trail.record(Verb.VIEW_REMOVED, actor=actor, target=view.target, changes=values)
    view.delete()


def _check(view: SavedView) -> None:
    view.clean_fields()
    others = SavedView.objects.filter(owner=view.owner, page=view.page, name=view.name).exclude(pk=view.pk)
    if others.exists():
        raise ValidationError({"name": "You have a view of this name already."})
