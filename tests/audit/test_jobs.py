"""Long work: each thing once, with a result, in the name of whoever started it, whatever happens to the worker."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.utils import timezone

from audit import jobs, running, tasks, trail
from audit.models import Event, Job, JobItem
from tests.cast import ACTOR
from tests.jobs import KIND, a_job, run_to_the_end, worked

pytestmark = pytest.mark.django_db


def _outcomes(job: Job) -> list[str]:
    return list(job.items.order_by("position").values_list("outcome", flat=True))


def test_each_thing_is_done_once_and_says_so() -> None:
    job = run_to_the_end(a_job("one", "two", "three", mark="!"))
    assert worked == ["c0", "c1", "c2"]
    assert [item.sentence for item in job.items.all()] == ["Noted one!", "Noted two!", "Noted three!"]
    assert (job.state, job.done, job.failed, job.percent) == ("done", 3, 0, 100)
    assert job.finished_at is not None


def test_a_job_that_has_ended_is_not_run_again() -> None:
    job = run_to_the_end(a_job("one"))
    assert running.run(job.pk) is False
    assert worked == ["c0"]


def test_each_thing_is_recorded_as_done_by_the_person_within_the_job() -> None:
    actor = trail.Actor("staff", "stf_1", "Ines", roles=("Key admin",), address="203.0.113.9", request_id="req-7")
    job = run_to_the_end(a_job("one", actor=actor))
    event = Event.objects.get(verb="contact.edited")
    assert (event.actor_id, event.actor_roles, event.address) == ("stf_1", ["Key admin"], "203.0.113.9")
    assert (event.parent, event.request_id) == (job.event, "req-7")
    assert Event.objects.get(pk=job.event).reason == "because"


def test_what_is_refused_or_broken_leaves_nothing_and_the_others_go_on() -> None:
    job = run_to_the_end(a_job("one", "refuse this", "deny this", "break this", "two"))
    assert _outcomes(job) == ["done", "refused", "refused", "failed", "done"]
    assert (job.state, job.done, job.failed) == ("done", 2, 3)
    sentences = [item.sentence for item in job.items.order_by("position")]
    assert sentences[1:4] == ["It does not fit.", "You may no longer do this.", running.BROKEN]
    # What the broken one had recorded before it broke is gone with it.
    assert Event.objects.filter(verb="contact.edited").count() == 2
    denied = Event.objects.get(verb="access.denied")
    assert (denied.outcome, denied.target_label, denied.parent) == ("denied", "deny this", job.event)


def test_start_and_end_are_recorded() -> None:
    job = run_to_the_end(a_job("one", "refuse"))
    started, finished = Event.objects.filter(target_id=str(job.pk)).order_by("id")
    assert (started.verb, started.actor_id, started.detail["items"]) == ("job.started", ACTOR.id, 2)
    assert (finished.verb, finished.actor_id, finished.parent) == ("job.finished", "system", started.pk)
    assert finished.sentence == "Axis Admin ended the job “Note things”, 1 done, 1 refused or failed"


def test_two_workers_do_not_share_a_job() -> None:
    job = a_job("one", "two")
    assert running._claim(job.pk) is not None
    assert running._claim(job.pk) is None
    assert list(jobs.due(now=timezone.now())) == []


def test_a_worker_that_died_half_way_is_taken_over_where_it_stopped(time_machine: Any) -> None:
    job = a_job("one", "two", "three")
    dead = running._claim(job.pk)
    assert dead is not None
    assert running._step(dead)
    time_machine.move_to(timezone.now() + jobs.LEASE + timedelta(seconds=1))
    assert list(jobs.due(now=timezone.now())) == [job]
    run_to_the_end(job)
    assert worked == ["c0", "c1", "c2"]


def test_a_worker_that_comes_back_late_does_nothing_more(time_machine: Any) -> None:
    job = a_job("one", "two")
    late = running._claim(job.pk)
    assert late is not None
    time_machine.move_to(timezone.now() + jobs.LEASE + timedelta(seconds=1))
    assert running._claim(job.pk) is not None
    assert running._step(late) is False
    assert worked == []


def test_a_worker_that_is_killed_within_a_thing_leaves_it_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    job = a_job("one", "two")
    whole = running._note

    def killed(*args: Any) -> None:
        raise OperationalError("the connection is gone")

    monkeypatch.setattr(running, "_note", killed)
    with pytest.raises(OperationalError):
        running.run(job.pk)
    assert not Event.objects.filter(verb="contact.edited").exists()
    assert _outcomes(job) == ["waiting", "waiting"]
    monkeypatch.setattr(running, "_note", whole)
    Job.objects.filter(pk=job.pk).update(heartbeat=timezone.now() - jobs.LEASE)
    run_to_the_end(job)
    assert Event.objects.filter(verb="contact.edited").count() == 2


def test_a_thing_that_always_ends_its_worker_breaks_the_job_off() -> None:
    job = a_job("one")
    for _ in range(running.MOST_CLAIMS):
        assert running._claim(job.pk) is not None
        Job.objects.filter(pk=job.pk).update(lease=None)
    assert running.run(job.pk) is False
    job.refresh_from_db()
    assert (job.state, job.untouched, worked) == ("failed", 1, [])
    assert Event.objects.filter(verb="job.finished", target_id=str(job.pk)).exists()


def test_a_turn_ends_and_the_rest_waits_for_the_next() -> None:
    job = a_job("one", "two", "three")
    assert running.run(job.pk, seconds=0) is True
    assert worked == ["c0"]
    assert running.run(job.pk, seconds=0) is True
    run_to_the_end(job)
    assert worked == ["c0", "c1", "c2"]


def test_a_stopped_job_keeps_what_is_done() -> None:
    job = a_job("one", "two")
    assert running.run(job.pk, seconds=0)
    stopped = jobs.cancel(job=job, actor=ACTOR)
    assert (stopped.state, stopped.done, stopped.untouched) == ("cancelled", 1, 1)
    assert running.run(job.pk) is False
    assert worked == ["c0"]
    with pytest.raises(ValidationError):
        jobs.cancel(job=job, actor=ACTOR)


def test_work_that_no_app_does_is_refused_at_the_start_and_broken_off_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"no\.such"):
        jobs.start(kind="no.such", actor=ACTOR, title="x", items=["a"])
    job = a_job("one")
    monkeypatch.delitem(jobs._handlers, KIND)
    assert running.run(job.pk) is False
    job.refresh_from_db()
    assert job.state == "failed"


@pytest.mark.parametrize("items", [[], ["x"] * (jobs.MOST + 1)])
def test_a_job_is_about_something_and_not_about_everything(items: list[str]) -> None:
    with pytest.raises(ValidationError):
        jobs.start(kind=KIND, actor=ACTOR, title="x", items=items)


def test_a_job_keeps_no_credential() -> None:
    text = "axk_live_" + "a" * 12 + "_" + "b" * 38
    with pytest.raises(ValueError, match="credential"):
        jobs.start(kind=KIND, actor=ACTOR, title="x", items=["a"], arguments={"note": text})
    job = jobs.start(kind=KIND, actor=ACTOR, title=f"x {text}", items=[f"y {text}"])
    assert text not in job.title
    assert text not in job.items.get().target_label


def test_what_a_job_does_cannot_be_changed_behind_the_trail() -> None:
    job = a_job("one")
    for change in (
        lambda: Job.objects.filter(pk=job.pk).update(actor={"id": "stf_other"}),
        lambda: Job.objects.filter(pk=job.pk).update(arguments={"expires": "never"}),
        lambda: JobItem.objects.filter(job=job).update(target_id="another"),
        lambda: JobItem.objects.filter(job=job).delete(),
    ):
        with pytest.raises(Exception, match="without an audit event"), transaction.atomic():
            change()


def test_old_jobs_are_removed_with_an_event_and_young_ones_stay(time_machine: Any) -> None:
    old, young = run_to_the_end(a_job("one")), a_job("two")
    time_machine.move_to(timezone.now() + jobs.KEPT + timedelta(days=1))
    tasks.forget_jobs()
    assert list(Job.objects.all()) == [young]
    assert Event.objects.filter(verb="job.removed", target_id=str(old.pk)).exists()


def test_the_sweep_enqueues_what_nobody_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    job, held = a_job("one"), a_job("two")
    running._claim(held.pk)
    asked: list[str] = []
    monkeypatch.setattr(tasks.run_job, "delay", asked.append)
    tasks.take_up_jobs()
    assert asked == [str(job.pk)]


def test_the_task_comes_back_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    job = a_job("one", "two")
    asked: list[str] = []
    monkeypatch.setattr(tasks.run_job, "delay", asked.append)
    monkeypatch.setattr(running, "run", lambda _: True)
    tasks.run_job(str(job.pk))
    assert asked == [str(job.pk)]


def test_a_broker_that_is_away_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from kombu.exceptions import OperationalError as BrokerAway

    def away(*args: Any) -> None:
        raise BrokerAway("no broker")

    monkeypatch.setattr(tasks.run_job, "delay_on_commit", away)
    tasks.enqueue(a_job("one"))
