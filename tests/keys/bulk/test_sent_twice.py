"""The same form sent twice asks for one job."""

from typing import Any

import pytest
from django.test import Client

from audit.models import Event, Job
from tests import factories
from tests.jobs import run_to_the_end
from tests.keys.bulk.conftest import WHY, a_job

pytestmark = pytest.mark.django_db
EXPIRE = {"expires": "90", **WHY}


@pytest.fixture
def sent(kim: Client) -> Any:
    """The answers as they were sent; they are sent once more by calling it."""
    factories.SecretFactory(key__name="one")
    job = a_job(kim, "expire", EXPIRE)

    def again(**changed: str) -> Any:
        seen = kim.post("/keys/bulk/expire/?all=1", EXPIRE).context["fingerprint"]
        return kim.post("/keys/bulk/expire/?all=1", {**EXPIRE, "seen": seen, **changed})

    again.job = job
    return again


def test_the_second_leads_to_the_job_of_the_first(sent: Any) -> None:
    for _ in range(2):
        assert sent()["Location"] == f"/jobs/{sent.job.pk}/"
    assert Job.objects.count() == 1
    assert Event.objects.filter(verb="job.started").count() == 1


def test_another_answer_is_another_job(sent: Any) -> None:
    assert sent(expires="30")["Location"] != f"/jobs/{sent.job.pk}/"
    assert Job.objects.count() == 2


def test_once_it_has_ended_the_same_may_be_asked_again(sent: Any, kim: Client) -> None:
    run_to_the_end(sent.job)
    assert a_job(kim, "expire", EXPIRE) != sent.job
