"""The customer opens a one-time link: once, by POST, with the token that the link alone carries."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from keys import deliveries
from keys.models import DeliveryLink
from tests import factories

pytestmark = pytest.mark.django_db
NOTHING = "This link opens nothing"


@pytest.fixture
def link() -> DeliveryLink:
    return factories.LinkFactory(secret__key__organization__name="Halide & Sons", secret__key__name="render-farm")


def _path(link: DeliveryLink) -> str:
    return reverse("delivery", args=[link.uid])


def _secret(link: DeliveryLink) -> str:
    text: str = link.secret.text  # type: ignore[attr-defined]
    return text


def test_a_preview_reveals_nothing_and_burns_nothing(client: Client, link: DeliveryLink) -> None:
    for ask in (client.get, client.head, client.get):
        answer = ask(_path(link))
        assert answer.status_code == 200
        assert _secret(link) not in answer.content.decode()
    link.refresh_from_db()
    assert link.opened_at is None
    assert link.ciphertext
    assert not Event.objects.filter(verb__startswith="delivery.").exists()


def test_every_link_looks_alike_until_its_token_is_sent(client: Client, link: DeliveryLink) -> None:
    real, other = (client.get(f"/d/{uid}").content.decode() for uid in (link.uid, "dlv_00000000000000"))
    assert real.replace(link.uid, "") == other.replace("dlv_00000000000000", "")


def test_the_token_reveals_the_secret_and_what_a_call_needs(client: Client, link: DeliveryLink) -> None:
    page = client.post(_path(link), {"token": link.token}).content.decode()
    key = link.secret.key
    assert f">{_secret(link)}</output>" in page
    assert page.count(_secret(link)) == 1
    for told in (key.organization.uid, "https://studioaxis.io/api/external", "Authorization", "Idempotency-Key"):
        assert told in page
    for version in ("v1", "v2"):
        assert f"https://studioaxis.io/api/external/{version}/generate-image" in page


def test_the_reveal_wipes_the_secret_here_and_is_recorded(client: Client, link: DeliveryLink) -> None:
    client.post(_path(link), {"token": link.token}, headers={"User-Agent": "Studio browser"})
    link.refresh_from_db()
    assert (link.ciphertext, link.salt) == (None, None)
    assert link.opened_at is not None
    assert (link.opened_address, link.opened_user_agent) == ("127.0.0.1", "Studio browser")
    event = Event.objects.get(verb="delivery.opened")
    assert (event.actor_type, event.target_id, event.route) == ("customer", link.secret.key.uid, "delivery")


@pytest.mark.parametrize("around", ["{link}", "  {link}\n", "<{link}>", "{link}.", "https://keys.example.com{link}"])
def test_without_script_the_whole_link_can_be_pasted(client: Client, link: DeliveryLink, around: str) -> None:
    pasted = around.format(link=f"{_path(link)}#{link.token}")
    assert _secret(link) in client.post(_path(link), {"token": pasted}).content.decode()


def test_it_opens_once(client: Client, link: DeliveryLink) -> None:
    assert client.post(_path(link), {"token": link.token}).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        again = client.post(_path(link), {"token": link.token})
    assert again.status_code == 404
    assert _secret(link) not in again.content.decode()


@pytest.mark.parametrize(
    "other",
    [{"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_USER_AGENT": "another"}],
    ids=["from another address", "by another program"],
)
def test_an_open_after_the_reveal_raises_the_alarm(other: dict[str, str], client: Client, link: DeliveryLink) -> None:
    client.post(_path(link), {"token": link.token})
    for _ in range(2):
        client.post(_path(link), {"token": link.token}, **other)
    link.refresh_from_db()
    assert link.late_opens == 2
    assert link.alarmed_at is not None
    assert Event.objects.filter(verb="delivery.late_open", target_id=link.secret.key.uid).count() == 2


@pytest.mark.parametrize(("seconds", "late_opens"), [(4, 0), (6, 1)])
def test_a_double_click_raises_no_alarm_and_shows_nothing(
    seconds: int, late_opens: int, client: Client, link: DeliveryLink
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post(_path(link), {"token": link.token})
        clock.shift(timedelta(seconds=seconds))
        again = client.post(_path(link), {"token": link.token})
    assert _secret(link) not in again.text
    assert ("pressed twice" in again.text) is (late_opens == 0)
    assert ('name="token"' in again.text) is (late_opens == 1)
    link.refresh_from_db()
    assert link.late_opens == late_opens
    assert Event.objects.filter(verb="delivery.repeated").count() == 1 - late_opens


def test_a_double_click_from_nowhere_known_raises_the_alarm(client: Client, link: DeliveryLink) -> None:
    for _ in range(2):
        client.post(_path(link), {"token": link.token}, REMOTE_ADDR="")
    link.refresh_from_db()
    assert link.late_opens == 1


def test_a_guess_at_an_opened_link_raises_no_alarm(client: Client, link: DeliveryLink) -> None:
    client.post(_path(link), {"token": link.token})
    client.post(_path(link), {"token": "0" * deliveries.TOKEN_LENGTH})
    link.refresh_from_db()
    assert (link.alarmed_at, link.late_opens) == (None, 0)


def test_a_wrong_token_leaves_the_link_good(client: Client, link: DeliveryLink) -> None:
    wrong = link.token[:-1] + ("0" if link.token[-1] != "0" else "1")
    assert client.post(_path(link), {"token": wrong}).status_code == 404
    assert client.post(_path(link), {"token": link.token}).status_code == 200


def test_missing_wrong_used_expired_and_cancelled_are_told_by_one_answer(client: Client, link: DeliveryLink) -> None:
    now = timezone.now()
    used, cancelled = (factories.LinkFactory(**{field: now}) for field in ("opened_at", "cancelled_at"))
    expired = factories.LinkFactory(expires_at=now - timedelta(seconds=1))
    revoked = factories.LinkFactory(secret__key__state="revoked")
    retired = factories.LinkFactory(secret__state="retired")
    tries = [(each.uid, each.token) for each in (used, cancelled, expired, revoked, retired)]
    other = factories.LinkFactory()
    tries += [(link.uid, other.token), (link.uid, ""), (link.uid, "x\x00y"), ("dlv_00000000000000", link.token)]
    tries += [(link.uid, f"https://keys.example.com/d/{other.uid}#{link.token}"), ("dlv_x", link.token)]
    answers = set()
    for uid, token in tries:
        answer = client.post(f"/d/{uid}", {"token": token})
        answers.add((answer.status_code, answer.content.decode().replace(uid, "")))
    assert len(answers) == 1
    assert NOTHING in answers.pop()[1]


def test_it_expires_at_the_clock_before_any_sweep(client: Client, link: DeliveryLink) -> None:
    with time_machine.travel(link.expires_at, tick=False):
        assert client.post(_path(link), {"token": link.token}).status_code == 404
    with time_machine.travel(link.expires_at - timedelta(seconds=1), tick=False):
        assert client.post(_path(link), {"token": link.token}).status_code == 200


def test_a_row_put_in_the_place_of_another_opens_nothing(client: Client, link: DeliveryLink) -> None:
    other = factories.LinkFactory()
    sealed = deliveries.seal("axk_live_chosen", uid=other.uid)
    opened = deliveries.unseal(sealed.ciphertext, salt=sealed.salt, token=sealed.token, uid=link.uid)
    assert opened is None


def test_a_page_that_cannot_be_drawn_leaves_the_link_good(
    client: Client, link: DeliveryLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("no page")

    with monkeypatch.context() as patched:
        patched.setattr("axis_admin.delivery.welcome.context", fail)
        with pytest.raises(RuntimeError):
            client.post(_path(link), {"token": link.token})
    assert client.post(_path(link), {"token": link.token}).status_code == 200


def test_a_link_to_a_secret_to_come_says_from_when_it_works(client: Client) -> None:
    link = factories.LinkFactory(secret__state="pending")
    page = client.post(_path(link), {"token": link.token}).content.decode()
    assert "Works from" in page


def test_what_begins_and_stops_is_told_by_the_clock_before_any_sweep(client: Client) -> None:
    now = timezone.now()
    link = factories.LinkFactory(secret__state="pending", secret__activates_at=now - timedelta(minutes=1))
    factories.SecretFactory(key=link.secret.key, overlap_until=now + timedelta(days=2))
    page = client.post(_path(link), {"token": link.token}).content.decode()
    assert "Works from" not in page
    assert "The key that it replaces stops" in page


def test_an_overlap_that_is_over_is_not_told(client: Client, link: DeliveryLink) -> None:
    over = timezone.now() - timedelta(minutes=1)
    factories.SecretFactory(key=link.secret.key, state="overlap", overlap_until=over)
    assert "replaces stops" not in client.post(_path(link), {"token": link.token}).content.decode()


def test_an_overlap_that_waits_for_a_first_use_says_so(client: Client, link: DeliveryLink) -> None:
    factories.SecretFactory(key=link.secret.key, state="overlap", overlap_after_use=timedelta(hours=24))
    page = client.post(_path(link), {"token": link.token}).content.decode()
    assert "24 h after first use of the new one" in page


def test_attempts_are_counted_by_address(client: Client, link: DeliveryLink) -> None:
    from axis_admin.delivery import attempts

    with time_machine.travel(timezone.now(), tick=False):
        answers = [client.post(_path(link), {"token": "guess"}).status_code for _ in range(attempts.PER_MINUTE + 1)]
        elsewhere = client.post(_path(link), {"token": link.token}, REMOTE_ADDR="203.0.113.9")
    assert answers == [404] * attempts.PER_MINUTE + [429]
    assert elsewhere.status_code == 200


def test_a_counter_store_that_is_away_stops_no_customer(client: Client, link: DeliveryLink, monkeypatch) -> None:
    from redis.exceptions import ConnectionError as NoStore

    def fail(*args: object, **kwargs: object) -> None:
        raise NoStore("away")

    monkeypatch.setattr("django.core.cache.cache.add", fail)
    assert client.post(_path(link), {"token": link.token}).status_code == 200
