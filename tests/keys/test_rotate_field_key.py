"""Every digest can be sealed again under a new field key, beside a running gateway, and the old key dropped."""

import os
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit.models import Event
from keys import actions, identities, sealing, secrets
from keys.models import KeySecret
from tests.cast import ACTOR
from tests.factories import GatewayFactory, SecretFactory, record_fixture

OLD, NEW = os.urandom(32), os.urandom(32)
VERB = "field_key.rotated"


@pytest.fixture(autouse=True)
def under_the_old_key(db: None, settings: Any) -> None:
    """Everything is sealed under the old key; a new one stands before it."""
    settings.FIELD_KEYS = (OLD,)


@pytest.fixture
def customers() -> list[Any]:
    return [SecretFactory() for _ in range(5)]


@pytest.fixture
def gateway() -> Any:
    return GatewayFactory()


def works(secret: Any) -> bool:
    parsed = secrets.parse(secret.text)
    assert parsed is not None
    find = identities.find_gateway if parsed.kind == "gateway" else identities.find
    return find(parsed) is not None


def run(**options: Any) -> str:
    out = StringIO()
    call_command("rotate_field_key", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def status() -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("rotate_field_key", "--status", stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def test_credentials_work_before_during_after_and_without_the_old_key(
    customers: list[Any], gateway: Any, settings: Any
) -> None:
    everybody = [*customers, gateway]
    settings.FIELD_KEYS = (NEW, OLD)
    assert all(map(works, everybody))
    with transaction.atomic():
        sealing.reseal(of_gateways=False, after=0, most=2, skip=[])
    assert all(map(works, everybody))
    assert "4 sealed again" in run()
    assert all(map(works, everybody))
    settings.FIELD_KEYS = (NEW,)
    assert all(map(works, everybody))


@pytest.mark.parametrize("batch", [1, 2, 5, 6, 1000])
def test_one_event_whatever_the_batches(customers: list[Any], gateway: Any, settings: Any, batch: int) -> None:
    settings.FIELD_KEYS = (NEW, OLD)
    run(batch=batch, reason="Yearly", ticket="SEC-1")
    event = Event.objects.get(verb=VERB)
    assert (event.detail, event.reason, event.ticket) == ({"rows": 6, "unopened": 0}, "Yearly", "SEC-1")
    assert event.target_id == str(secrets.key_number(NEW))


def test_a_second_run_finds_nothing_to_do_and_records_nothing(customers: list[Any], settings: Any) -> None:
    settings.FIELD_KEYS = (NEW, OLD)
    run(), run()
    assert Event.objects.filter(verb=VERB).count() == 1


@pytest.mark.parametrize("after", [1, 2])
def test_a_run_that_is_broken_off_goes_on_where_it_stopped(customers: list[Any], settings: Any, after: int) -> None:
    settings.FIELD_KEYS = (NEW, OLD)

    class Killed(Exception):
        pass

    def kill(so_far: Any) -> None:
        if so_far.done >= 2 * after:
            raise Killed

    with pytest.raises(Killed):
        actions.rotate_field_key(actor=ACTOR, batch=2, told=kill)
    assert not Event.objects.filter(verb=VERB).exists()
    assert all(map(works, customers))
    assert f"{5 - 2 * after} sealed again" in run()
    assert Event.objects.filter(verb=VERB).count() == 1
    settings.FIELD_KEYS = (NEW,)
    assert all(map(works, customers))


def test_the_status_says_when_the_old_key_can_go(customers: list[Any], gateway: Any, settings: Any) -> None:
    settings.FIELD_KEYS = (NEW, OLD)
    new, old = secrets.key_number(NEW), secrets.key_number(OLD)
    told, code = status()
    assert f"field key {new} (seals): 0 secrets of keys, 0 of gateways" in told
    assert f"field key {old} (opens): 5 secrets of keys, 1 of gateways\n" in told
    assert code == 2
    run()
    told, code = status()
    assert f"field key {new} (seals): 5 secrets of keys, 1 of gateways" in told
    assert f"field key {old} (opens): 0 secrets of keys, 0 of gateways, can be dropped" in told
    assert code == 0


def test_what_no_key_opens_is_named_and_the_rest_is_sealed(customers: list[Any], settings: Any) -> None:
    settings.FIELD_KEYS = (os.urandom(32),)
    lost = SecretFactory()
    settings.FIELD_KEYS = (NEW, OLD)
    with pytest.raises(CommandError, match=f"5 sealed again. 1 open with no key of the ring: {lost.public_id}"):
        run(batch=2)
    assert Event.objects.get(verb=VERB).detail == {"rows": 5, "unopened": 1}
    told, code = status()
    assert "(not in the ring): 1 secrets of keys" in told
    assert code == 2


def test_digests_of_earlier_numbers_are_sealed_again_too(settings: Any) -> None:
    secret = SecretFactory(ring_id=1)
    assert works(secret)
    assert "by place" in status()[0]
    run()
    secret.refresh_from_db()
    assert secret.ring_id == secrets.key_number(OLD)
    assert works(secret)


def test_a_digest_that_changed_meanwhile_is_left_alone(customers: list[Any]) -> None:
    row = customers[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT keys_reseal(false, %s, %s, %s, %s::smallint)", [[row.pk], [b"what it was"], [b"forged"], 100]
        )
        assert cursor.fetchone() == (0,)
    assert works(row)


@pytest.mark.parametrize("values", [{"digest": b"forged"}, {"ring_id": 1}, {"public_id": "000000000000"}])
def test_nothing_else_changes_what_is_sealed_with_an_event_or_without(
    customers: list[Any], values: dict[str, Any]
) -> None:
    row = customers[0]
    with transaction.atomic():
        record_fixture(row.key.uid)
        with pytest.raises(DatabaseError, match="keys_reseal alone"), transaction.atomic():
            KeySecret.objects.filter(pk=row.pk).update(**values)
    assert works(row)


def test_every_other_change_of_a_secret_still_needs_its_event(customers: list[Any]) -> None:
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        KeySecret.objects.filter(pk=customers[0].pk).update(last_four="none")


def test_two_keys_of_one_number_are_refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FIELD_KEYS = (NEW, OLD)
    monkeypatch.setattr(secrets, "key_number", lambda key: 100)
    with pytest.raises(CommandError, match="same number"):
        run()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_not_waited_for(settings: Any) -> None:
    import threading

    held, free = SecretFactory(), SecretFactory()
    settings.FIELD_KEYS = (NEW, OLD)
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(KeySecret.objects.select_for_update().filter(pk=held.pk))
            holds.set()
            assert done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(20)
    with transaction.atomic():
        assert sealing.reseal(of_gateways=False, after=0, most=10, skip=[]).done == 1
    assert works(free)
    done.set()
    thread.join()
    assert "1 sealed again" in run()
