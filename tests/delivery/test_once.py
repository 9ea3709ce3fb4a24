"""Two browsers press the button at the same moment: one sees the secret."""

import threading

import pytest
from django.db import connection
from django.test import Client

from audit.models import Event
from keys.models import DeliveryLink
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_many_at_once_one_sees_the_secret() -> None:
    link = factories.LinkFactory()
    start, seen = threading.Barrier(4), []

    def press(address: str) -> None:
        start.wait()
        try:
            sent = {"token": link.token}
            seen.append(Client().post(f"/d/{link.uid}", sent, REMOTE_ADDR=address).content.decode())
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[f"203.0.113.{n}"]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert sum(link.secret.text in page for page in seen) == 1
    assert Event.objects.filter(verb="delivery.opened").count() == 1
    assert DeliveryLink.objects.get().late_opens == 3


def test_of_one_browser_s_presses_at_once_one_sees_the_secret_and_none_raises_the_alarm() -> None:
    link = factories.LinkFactory()
    start, seen = threading.Barrier(3), []

    def press() -> None:
        start.wait()
        try:
            seen.append(Client().post(f"/d/{link.uid}", {"token": link.token}).content.decode())
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(link.secret.text in page for page in seen) == 1
    assert sum("pressed twice" in page for page in seen) == 2
    assert DeliveryLink.objects.get().late_opens == 0


def test_an_open_and_a_resend_at_once_leave_one_of_them() -> None:
    from datetime import timedelta

    from django.core.exceptions import ValidationError

    from keys import actions
    from tests.cast import ACTOR

    link = factories.LinkFactory()
    start, outcomes = threading.Barrier(2), []

    def press() -> None:
        start.wait()
        try:
            answer = Client().post(f"/d/{link.uid}", {"token": link.token})
            outcomes.append("opened" if answer.status_code == 200 else "not opened")
        finally:
            connection.close()

    def resend() -> None:
        start.wait()
        try:
            actions.resend_link(link=link, actor=ACTOR, recipient="ops", lifetime=timedelta(hours=1))
            outcomes.append("resent")
        except ValidationError:
            outcomes.append("not resent")
        finally:
            connection.close()

    threads = [threading.Thread(target=each) for each in (press, resend)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["not opened", "resent"], ["not resent", "opened"])
