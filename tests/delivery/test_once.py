"""Two browsers press the button at the same moment: one sees the secret."""

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client

from audit.models import Event
from keys import actions
from keys.models import DeliveryLink
from tests import factories
from tests.at_once import at_once, outcome
from tests.cast import ACTOR

pytestmark = pytest.mark.django_db(transaction=True)


def _pressed(link: DeliveryLink, address: str = "203.0.113.7") -> str:
    sent = {"token": link.token}  # type: ignore[attr-defined]
    return Client().post(f"/d/{link.uid}", sent, REMOTE_ADDR=address).text


def test_of_many_at_once_one_sees_the_secret() -> None:
    link = factories.LinkFactory()
    seen = at_once(*(partial(_pressed, link, f"203.0.113.{n}") for n in range(4)))
    assert sum(link.secret.text in page for page in seen) == 1
    assert Event.objects.filter(verb="delivery.opened").count() == 1
    assert DeliveryLink.objects.get().late_opens == 3


def test_of_one_browser_s_presses_at_once_one_sees_the_secret_and_none_raises_the_alarm() -> None:
    link = factories.LinkFactory()
    seen = at_once(*[partial(_pressed, link)] * 3)
    assert sum(link.secret.text in page for page in seen) == 1
    assert sum("pressed twice" in page for page in seen) == 2
    assert DeliveryLink.objects.get().late_opens == 0


def test_an_open_and_a_resend_at_once_leave_one_of_them() -> None:
    link = factories.LinkFactory()
    resend = partial(actions.resend_link, link=link, actor=ACTOR, recipient="ops", lifetime=timedelta(hours=1))
    page, resent = at_once(partial(_pressed, link), outcome(resend))
    assert (link.secret.text in page) is (resent == "refused")
