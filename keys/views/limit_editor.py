"""One editor of limits, an organization's or a key's, from what was asked to what the page shows."""

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils import timezone

from audit import scope
from keys import actions, freshness, limit_chart, limit_entries, limit_history, limit_review, quota_warnings, states
from keys.actions import pilot_rules
from keys.limit_entries import Entry
from keys.limit_forms import STALE, LimitsForm
from keys.limit_review import Note
from keys.limits import holding, replay, seen, thresholds, traces
from keys.limits.holding import terms_of
from keys.limits.limit_changes import Change
from keys.limits.replay import Week
from keys.limits.rules import LimitRule
from keys.models import ApiKey
from keys.quota_warnings import Warned
from orgs import access, pages
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

# What may be wrong while it is clear what is asked.
BESIDE = {NON_FIELD_ERRORS, "reason", "ticket", "password"}
USUAL_RAISE = timedelta(days=3)
LOCAL = "%Y-%m-%dT%H:%M"


class Editor:
    """What a person sees and asks of the limits of an organization, or of one of its keys."""

    def __init__(self, request: StaffRequest, organization: Organization, key: ApiKey | None = None) -> None:
        self.request, self.organization, self.key = request, organization, key
        self.now = timezone.now()
        self.is_fresh = freshness.refresh(organization.pk) if request.method != "POST" else True
        self.may_set = request.staff.can(Permission.LIMIT_SET, key or organization) and not self.problem
        self.is_to_save = request.method == "POST" and request.POST.get("act") == "set"

    @property
    def problem(self) -> str:
        """Why nothing can be set any more; nothing where it can."""
        if self.organization.status == Organization.Status.CLOSED:
            return f"{self.organization} is closed."
        return f"{self.key} is revoked." if self.key and self.key.state == ApiKey.State.REVOKED else ""

    @cached_property
    def entries(self) -> list[Entry]:
        if self.key is not None:
            return limit_entries.of_key(self.key, at=self.now)
        return limit_entries.of_organization(self.organization, at=self.now)

    @cached_property
    def form(self) -> LimitsForm:
        return LimitsForm(
            pages.posted(self.request),
            request=self.request,
            permission=Permission.LIMIT_SET,
            obj=self.key or self.organization,
            entries=self.entries,
            versions=self.key.api_versions if self.key else self.organization.plan_version.api_versions,
            zone=self.organization.time_zone,
            is_saving=self.is_to_save,
            mark=seen.of(self.organization, at=self.now),
            initial=self._raise(),
            # A dialog over the page has a reason, too.
            auto_id="limits_%s",
        )

    def _raise(self) -> dict[str, str]:
        """A temporary raise is proposed to end at a midnight, three days on."""
        if "temporary" not in self.request.GET:
            return {}
        end = (self.now + USUAL_RAISE).astimezone(self.organization.zone).replace(hour=0, minute=0)
        return {"ends_at": f"{end:{LOCAL}}"}

    @cached_property
    def week(self) -> Week:
        keys = [self.key.pk] if self.key else []
        limited = LimitRule.objects.filter(key__organization=self.organization).at(self.now)
        keys += [pk for pk in limited.order_by("key").values_list("key", flat=True).distinct() if pk not in keys]
        return replay.week(self.organization, at=self.now, keys=keys)

    @property
    def changes(self) -> list[Change]:
        """What is asked, also where only why, or whether one may, is still wrong; not over what somebody else set."""
        form = self.form
        if not form.is_bound or set(form.errors) - BESIDE or form.has_error(NON_FIELD_ERRORS, code=STALE):
            return []
        return form.changes

    @property
    def above(self) -> list[Change]:
        """The changes for which one has to be an administrator."""
        if self.key is not None:
            return []
        plan = thresholds.of_plan(entry.inherited for entry in self.entries if entry.inherited)
        return thresholds.above(self.changes, plan=plan, threshold=self.organization.plan_version.approval_threshold)

    @property
    def may_go_above(self) -> bool:
        return self.request.staff.can(Permission.LIMIT_SET_ABOVE, self.organization)

    def save(self) -> bool:
        """Set what was reviewed; what cannot be set stands in the form then. False where it is still to be reviewed."""
        form = self.form
        if not form.changes:
            form.add_error(None, "Nothing is different from what holds. Change a number first.")
        if form.errors or not form.is_reviewed:
            return False
        if self.above and not self.may_go_above:
            access.refuse(
                self.request,
                Permission.LIMIT_SET_ABOVE,
                target=self.organization.target,
                organization=self.organization,
            )
            form.add_error(None, self.threshold)
            return False
        saved = pages.accepted(form, self._set)
        if not saved and form.has_error("__all__", code=STALE):
            form.see_newer(seen.of(self.organization, at=timezone.now()))
        return saved

    def _set(self) -> list[LimitRule]:
        whose: dict[str, Any] = {"key": self.key} if self.key else {"organization": self.organization}
        values = self.form.cleaned_data
        return actions.set_limits(
            **whose,
            changes=self.form.changes,
            actor=self.request.actor,
            starts_at=values["starts_at"],
            ends_at=values["ends_at"],
            seen=values["seen"] or None,
            reason=values["reason"],
            ticket=values["ticket"],
        )

    @property
    def said(self) -> str:
        """What was done."""
        count = len(self.form.result)
        what = "1 limit" if count == 1 else f"{count} limits"
        return f"{what} of {self.key or self.organization} {'was' if count == 1 else 'were'} set."

    @property
    def threshold(self) -> str:
        """What is said of changes above the plan's threshold."""
        if not self.above:
            return ""
        most = self.organization.plan_version.approval_threshold or 0
        named = "; ".join(thresholds.said(change, threshold=most) for change in self.above)
        who = "As an administrator you may." if self.may_go_above else "An administrator has to set it."
        return f"Above the plan's threshold of {most:,} a minute: {named}. {who}"

    def reviewed(self) -> dict[str, Any]:
        """What an input means: differences, what speaks against it, and what if."""
        changes, key = self.changes, self.key.pk if self.key else None
        if changes:
            self.form.was_reviewed()
        present = limit_review.proposed(self.week, [], self.entries, key=key, at=self.now)
        proposed = limit_review.proposed(self.week, changes, self.entries, key=key, at=self.now)
        changed = [(change.slot, key) for change in changes]
        named = str(self.key) if self.key else ""
        return {
            "form": self.form,
            "changes": changes,
            "differences": limit_review.differences(changes, self.entries),
            "notes": [
                *self._used_up(),
                *limit_review.notes(self.organization, changes, self.entries, key=named, at=self.now),
            ],
            "threshold": self.threshold,
            "is_blocked": bool(self.above) and not self.may_go_above,
            "when": self._when(),
            "told": limit_review.told(self.week.what_if(proposed, changed=changed, present=present)),
        }

    def _used_up(self) -> list[Note]:
        start = self.form.cleaned_data.get("starts_at") if self.changes else None
        if start is not None and start > self.now:
            return []
        return limit_review.used_up(self.week, self.changes, self.entries, key=self.key.pk if self.key else None)

    def _when(self) -> str:
        values = self.form.cleaned_data if self.changes else {}
        start, end = values.get("starts_at"), values.get("ends_at")
        zone = self.organization.zone
        begins = f"from {start.astimezone(zone):%-d %b %Y, %H:%M}" if start else "from now"
        return f"{begins}, {f'until {end.astimezone(zone):%-d %b %Y, %H:%M}' if end else 'no end date'}"

    def context(self) -> dict[str, Any]:
        """What the whole page shows besides."""
        found = limit_history.events(
            (self.key or self.organization).uid, scope.of(self.request.staff), of_key=self.key is not None
        )
        drawn = self._drawn()
        rows = [(entry, self.form.of(entry), limit_entries.used(entry, self.week)) for entry in self.entries]
        owner = {"key": self.key, "state": states.of_key(self.key, at=self.now)} if self.key else {}
        return {
            **owner,
            "organization": self.organization,
            "tab": "Limits",
            "may_set": self.may_set,
            "may_search": self.request.staff.can(Permission.AUDIT_SEE),
            "problem": self.problem,
            "is_fresh": self.is_fresh,
            "warned": self._warned(),
            "is_temporary": "temporary" in self.request.GET,
            "rows": rows,
            "is_estimated": any(used.is_estimate for _, _, used in rows),
            "settings": [
                (rule, limit_review.said(rule.about, rule), pilot_rules.belongs_to_pilot(rule))
                for rule in self._settings()
            ],
            "drawn": drawn,
            "now": self.now,
            **(self._over_time(drawn, drawn.counts or drawn.bound, found) if drawn else {}),
            "feed": limit_history.feed(found),
        }

    def _warned(self) -> list[Warned]:
        warned = quota_warnings.warnings_of(self.organization, at=self.now)
        return [one for one in warned if self.key is None or one.use.key_id == self.key.pk]

    def _settings(self) -> list[LimitRule]:
        mine = {"key": self.key} if self.key else {"organization": self.organization}
        rules = LimitRule.objects.filter(**mine).select_related("continues").order_by("id")
        return limit_history.settings(rules, now=self.now)

    def _drawn(self) -> Entry | None:
        """The line that is drawn over time: the one that was asked for, or else the one that refused most."""
        asked, limited = self.request.GET.get("over"), [entry for entry in self.entries if entry.terms or entry.bound]
        refused = {
            entry.code: sum(one.calls for one in self.week.refusals((entry.slot, entry.key))) for entry in limited
        }
        most = max(limited, key=lambda entry: refused[entry.code], default=None)
        return next((entry for entry in limited if entry.code == asked), most)

    def _over_time(self, entry: Entry, rule: LimitRule | None, found: list[Any]) -> dict[str, Any]:
        if rule is None:
            return {}
        terms = replace(terms_of(rule), key=entry.key)
        rules = holding.rules(
            self.organization, since=self.organization.created_at, keys=[self.key.pk] if self.key else []
        )
        steps = limit_history.steps(rules, (entry.slot, rule.key_id), found, now=self.now)
        span = traces.span(self.request.GET.get("range"))
        known = traces.known(self.organization, span, at=self.now, week=self.week, keys=self.week.demand.keys)
        return {
            "steps": steps,
            "span": span,
            "choices": limit_chart.choices(entry.code, span),
            "chart": limit_chart.chart(known, terms, steps, span),
            "chart_notes": limit_chart.notes(known, terms, span),
        }
