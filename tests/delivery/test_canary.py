"""Neither token nor secret is found anywhere but in the link and in the answer that reveals."""

import logging
import re
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from axis_admin import logs
from keys import link_mail
from keys.models import ApiKey, DeliveryLink
from orgs.models import Organization, Staff
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[..., Client]
LINK = re.compile(r"/d/(dlv_\w{14})#(\w{43})")
SECRET = re.compile(r"axk_live_\w{12}_(\w{38})")


def _rows() -> str:
    """Every row of every table, as text; bytes are written in hex there."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def _logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What stood in the log while the links lived, each record as our log writes it."""
    return [logs.Line().format(record) for record in caplog.get_records("setup")]


def _store(client: redis.Redis) -> Iterator[bytes]:
    """Every key of the counter store, cache included, and of the broker."""
    broker = redis.Redis(unix_socket_path=str(client.connection_pool.connection_kwargs["path"]), db=1)
    with broker:
        for store in (client, broker):
            for name in store.scan_iter():
                yield name + (store.dump(name) or b"")


@pytest.fixture
def handed_over(
    key_admin: Staff, browser_of: Browser, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The whole life of two links; returns what must be found nowhere."""
    caplog.set_level(logging.DEBUG)
    organization: Organization = factories.OrganizationFactory()
    staff = browser_of(key_admin, proven=True)
    form = {"name": "prod", "environment": "live", "api_versions": ["v1"], "expires": "90"}
    way = {"handover": "link", "recipient": "ops@studio.example", "lifetime": "24h"}
    first = LINK.search(staff.post(reverse("keys:issue", args=[organization.uid]), {**form, **way}).content.decode())
    assert first
    customer = Client()
    customer.get(f"/d/{first[1]}")
    customer.post(f"/d/{first[1]}", {"token": f"{first[2][:-1]}_"})
    staff.post(f"/d/{first[1]}", {"token": first[2]})
    secret = SECRET.search(customer.post(f"/d/{first[1]}", {"token": first[2]}).content.decode())
    assert secret
    customer.post(f"/d/{first[1]}", {"token": f"http://testserver{first[0]}"})
    customer.put(f"/d/{first[1]}", {"token": first[2]})
    monkeypatch.setattr(link_mail, "is_set_up", lambda: True)
    key = ApiKey.objects.get()
    rotation = {"overlap": "24h", "version": key.version, **way, "handover": "mail"}
    staff.post(reverse("keys:rotate", args=[key.uid]), rotation)
    second = LINK.search(mail.outbox[0].body)
    assert second
    with monkeypatch.context() as patched:
        patched.setattr("axis_admin.delivery.welcome.context", _fail)
        Client(raise_request_exception=False).post(f"/d/{second[1]}", {"token": second[2]})
    return [first[2], second[2], secret[1]]


def _fail(revealed: object) -> None:
    raise RuntimeError("a page that cannot be drawn")


def test_it_is_in_no_table_no_store_and_no_log(
    handed_over: list[str], workers_valkey: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    rows, kept, logged = _rows(), b"\n".join(_store(workers_valkey)), "\n".join(_logged(caplog))
    assert DeliveryLink.objects.get(opened_at=None).uid in rows
    assert b"delivery-127.0.0.1" in kept
    assert "RuntimeError" in logged
    for canary in handed_over:
        assert canary not in rows
        assert canary.encode().hex() not in rows
        assert canary.encode() not in kept
        assert canary not in logged


def test_no_log_line_has_the_address_of_a_link(handed_over: list[str], caplog: pytest.LogCaptureFixture) -> None:
    logged = _logged(caplog)
    assert any("Method Not Allowed" in line for line in logged)
    for link in DeliveryLink.objects.all():
        assert not [line for line in logged if link.uid in line]


def test_the_settings_send_mail_of_a_link_to_nobody_by_default() -> None:
    assert settings.EMAIL_BACKEND.startswith("django.core.mail.backends.")
    assert not link_mail.is_set_up()
