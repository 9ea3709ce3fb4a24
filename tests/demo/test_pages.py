"""On the demo data no page is empty."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from keys.models import ApiKey, GatewayCredential
from orgs.models import CapacityPool, Organization, Staff

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]

EMPTY = 'class="empty"'
LOADED = re.compile(r'hx-get="([^"]+)" hx-trigger="load"')


def _urls() -> Iterator[str]:
    for name in ("home", "orgs:index", "keys:index", "keys:gateways", "metering:index", "audit:index", "orgs:capacity"):
        yield reverse(name)
    halide = Organization.objects.get(slug="halide")
    for name in (
        "orgs:detail",
        "orgs:contacts",
        "orgs:history",
        "keys:for_org",
        "metering:for_org",
        "orgs:org_capacity",
    ):
        yield reverse(name, args=[halide.uid])
    for pool in CapacityPool.objects.all():
        yield reverse("orgs:pool", args=[pool.code])
    yield reverse("orgs:reservation", args=[halide.reservations.get().uid])
    key = ApiKey.objects.get(organization=halide, name="render-farm-prod")
    yield reverse("keys:detail", args=[key.uid])
    yield reverse("keys:history", args=[key.uid])
    for credential in GatewayCredential.objects.all():
        yield reverse("keys:gateway", args=[credential.uid])


def _text(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_no_page_is_empty_for_an_administrator(demo: str) -> None:
    client = Client()
    client.force_login(Staff.objects.get(name="Dov Hartmann"))
    parts = set()
    for url in _urls():
        page = _text(client, url)
        assert EMPTY not in page, url
        parts |= set(LOADED.findall(page))
    assert len(parts) > 4
    for part in parts:
        assert EMPTY not in _text(client, part, **{"HX-Request": "true"}), part


@pytest.mark.parametrize("name", ["Priya Anand", "Joel Marchetti"])
def test_the_home_page_of_an_account_manager_is_not_empty(demo: str, name: str) -> None:
    client = Client()
    client.force_login(Staff.objects.get(name=name))
    assert EMPTY not in _text(client, reverse("home"))
    assert EMPTY not in _text(client, reverse("orgs:index"))
