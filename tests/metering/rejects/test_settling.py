"""What was not counted is sent again or dismissed, once, and somebody answers for it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from audit import jobs, trail
from audit.models import Event
from keys.models import KeySecret
from metering import actions, ledger, reject_bulk, reject_reading
from metering.models import Generation, RejectedGeneration
from orgs.models import Staff
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.jobs import run_to_the_end
from tests.metering.conftest import Report, generation, rollups_equal_the_ledger

BY_ADA = trail.Actor("staff", "stf_ada", "Ada")


@pytest.fixture
def early(report: Report, live: KeySecret, now: datetime) -> RejectedGeneration:
    """One whose clock was an hour ahead."""
    report(generation(live, now + timedelta(hours=1)))
    return RejectedGeneration.objects.get(code="timestamp_in_future")


def retry(reject: RejectedGeneration, now: datetime) -> Any:
    return actions.retry_reject(reject=reject, actor=BY_ADA, now=now)


def test_a_retry_counts_what_is_fit_by_now(early: RejectedGeneration, now: datetime) -> None:
    result = retry(early, now + timedelta(hours=1))
    assert result["status"] == "accepted"
    found = Generation.objects.get()
    assert (str(found.pk), found.source) == (early.generation_id, "gw-eu-1")
    early.refresh_from_db()
    assert (early.resolution, early.resolved_by, early.resolved_reason) == ("retried", "Ada", "accepted")
    event = Event.objects.get(verb="reject.retried")
    assert (event.detail["result"], event.changes["resolution"]) == ("accepted", ["none", "retried"])
    assert rollups_equal_the_ledger()


def test_what_is_refused_again_stays(early: RejectedGeneration, now: datetime) -> None:
    assert retry(early, now)["code"] == "timestamp_in_future"
    early.refresh_from_db()
    assert (early.resolution, early.seen) == ("none", 2)
    assert Event.objects.get(verb="reject.retried").detail["result"] == "rejected: timestamp_in_future"
    assert not Generation.objects.exists()


def test_what_was_counted_meanwhile_is_settled(
    early: RejectedGeneration, now: datetime, live: KeySecret, report: Report
) -> None:
    later = now + timedelta(hours=1)
    report(generation(live, later, generation_id=early.generation_id), at=later)
    assert retry(early, later)["status"] == "duplicate"
    early.refresh_from_db()
    assert early.resolution == "retried"
    assert Generation.objects.count() == 1


def test_a_retry_that_ends_before_it_is_settled_counts_nothing(
    early: RejectedGeneration, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        """The worker has ended."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise Killed

    later = now + timedelta(hours=1)
    with monkeypatch.context() as patched:
        patched.setattr(trail, "record", fail)
        with pytest.raises(Killed):
            retry(early, later)
    early.refresh_from_db()
    assert early.resolution == "none"
    assert not Generation.objects.exists()
    assert retry(early, later)["status"] == "accepted"
    early.refresh_from_db()
    assert (early.resolution, early.resolved_reason) == ("retried", "accepted")


@pytest.mark.parametrize("why", [{"reason": "x" * 501}, {"ticket": "x" * 65}])
def test_what_the_trail_refuses_is_refused_before_anything_is_counted(
    why: dict[str, str], early: RejectedGeneration, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "append", None)
    with pytest.raises(trail.EntryRefused):
        actions.retry_reject(reject=early, actor=BY_ADA, now=now + timedelta(hours=1), **why)
    early.refresh_from_db()
    assert early.resolution == "none"


def test_a_conflict_is_one_however_often_it_is_sent(report: Report, live: KeySecret, now: datetime) -> None:
    first = generation(live, now)
    report(first)
    report({**first, "units": 7})
    conflict = RejectedGeneration.objects.get()
    assert retry(conflict, now)["status"] == "conflict"
    conflict.refresh_from_db()
    assert conflict.resolution == "none"


def test_a_dismissal_needs_a_reason_and_is_final(early: RejectedGeneration, now: datetime) -> None:
    with pytest.raises(trail.ReasonRequired), transaction.atomic():
        actions.dismiss_reject(reject=early, actor=BY_ADA, now=now, reason="")
    actions.dismiss_reject(reject=early, actor=BY_ADA, now=now, reason="A test of theirs", ticket="SUP-7")
    early.refresh_from_db()
    assert (early.resolution, early.resolved_by, early.resolved_reason) == ("dismissed", "Ada", "A test of theirs")
    for act in (actions.dismiss_reject, actions.retry_reject):
        with pytest.raises(ValidationError, match="dismissed, by Ada"):
            act(reject=early, actor=BY_ADA, now=now, reason="Again")


def test_nothing_is_settled_without_an_event(early: RejectedGeneration, now: datetime) -> None:
    def settle() -> None:
        RejectedGeneration.objects.filter(pk=early.pk).update(resolution="dismissed", resolved_at=now)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError, match="audit event"), transaction.atomic():
        settle()


def test_a_conflict_stands_beside_the_first_write(
    report: Report, live: KeySecret, now: datetime, viewer: Staff, account_manager: Staff
) -> None:
    first = generation(live, now)
    report(first)
    report({**first, "units": 7})
    beside = reject_reading.beside(RejectedGeneration.objects.get(), viewer)
    assert str(beside.first) == first["generation_id"]
    assert ("units", "1", "7", "differs") in beside.lines
    assert ("outcome", "succeeded", "succeeded", "") in beside.lines
    hidden = reject_reading.beside(RejectedGeneration.objects.get(), account_manager)
    assert (hidden.first, hidden.lines, hidden.is_hidden) == (None, [], True)


def test_a_replay_stands_beside_who_used_the_key_first(
    report: Report, live: KeySecret, now: datetime, viewer: Staff
) -> None:
    first = generation(live, now, idempotency_key="order-7")
    report(first)
    report(generation(live, now, idempotency_key="order-7"))
    found = RejectedGeneration.objects.get(status="replay")
    assert str(reject_reading.beside(found, viewer).first) == first["generation_id"]


def test_a_job_settles_many_with_a_result_for_each(
    early: RejectedGeneration, report: Report, live: KeySecret, now: datetime, billing: Staff
) -> None:
    report(generation(live, now, units=0))
    actor = trail.Actor("staff", billing.uid, "Bea")
    job = jobs.start(
        kind=reject_bulk.RETRY.kind,
        actor=actor,
        title="Retry 2 rejects",
        items=reject_bulk.pieces(RejectedGeneration.objects.order_by("pk")),
        arguments={"reason": "", "ticket": ""},
    )
    run_to_the_end(job)
    assert (job.done, job.failed) == (0, 2)
    why = {"reason": "A test", "ticket": ""}
    pieces = reject_bulk.pieces(RejectedGeneration.objects.order_by("pk"))
    job = run_to_the_end(
        jobs.start(kind=reject_bulk.DISMISS.kind, actor=actor, title="Dismiss 2", items=pieces, arguments=why)
    )
    assert (job.done, job.failed) == (2, 0)
    assert set(RejectedGeneration.objects.values_list("resolution", "resolved_by")) == {("dismissed", "Bea")}


def test_a_job_of_somebody_who_may_not_any_more_does_nothing(early: RejectedGeneration, viewer: Staff) -> None:
    actor = trail.Actor("staff", viewer.uid, "Vic")
    pieces, why = reject_bulk.pieces(RejectedGeneration.objects.all()), {"reason": "A test", "ticket": ""}
    job = run_to_the_end(
        jobs.start(kind=reject_bulk.DISMISS.kind, actor=actor, title="Dismiss", items=pieces, arguments=why)
    )
    assert job.done == 0
    early.refresh_from_db()
    assert early.resolution == "none"


def test_what_stands_for_an_unknown_organization_is_dismissed_too(
    report: Report, now: datetime, live: KeySecret
) -> None:
    report(generation(SecretFactory(), now, organization="org_nobody"))
    found = RejectedGeneration.objects.get()
    assert found.organization is None
    actions.dismiss_reject(reject=found, actor=ACTOR, now=now, reason="Nobody's")
    found.refresh_from_db()
    assert found.resolution == "dismissed"


def test_what_lost_a_part_of_its_idempotency_key_is_not_sent_again(
    report: Report, live: KeySecret, now: datetime
) -> None:
    credential = f"axk_live_395ddfd1771c_{'a' * 38}"
    report(generation(live, now + timedelta(hours=1), idempotency_key=credential))
    with pytest.raises(ValidationError, match="held a credential"):
        retry(RejectedGeneration.objects.get(), now + timedelta(hours=1))
    assert not Generation.objects.exists()
