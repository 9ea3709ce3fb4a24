"""What `make run` hands out: new each time, the last run's ended, and every bit of it in the trail."""

import json
import shlex
from uuid import UUID

from django.utils import timezone

from audit import uuid7
from axis_admin import demo
from keys.models import ApiKey, GatewayCredential, KeySecret
from orgs.models import Organization, Staff


def _bodies(banner: str) -> list[dict[str, object]]:
    commands = [shlex.split(line) for line in banner.splitlines() if line.startswith("curl ")]
    return [json.loads(words[words.index("-d") + 1]) for words in commands]


def test_a_first_run_makes_all_that_is_needed(db: None) -> None:
    access = demo.renew()
    assert Staff.objects.get(email=access.email).check_password(access.password)
    assert Organization.objects.get(uid=access.organization).status == "active"
    assert KeySecret.objects.get(public_id=access.public_id).key.name == demo.KEY_NAME
    assert access.key.split("_")[2] == access.public_id


def test_a_next_run_ends_what_the_last_one_handed_out(db: None) -> None:
    first, second = demo.renew(), demo.renew()
    assert len({first.password, second.password}) == len({first.key, second.key}) == 2
    assert not Staff.objects.get(email=first.email).check_password(first.password)
    assert KeySecret.objects.get(public_id=first.public_id).is_retired(at=timezone.now())
    live = GatewayCredential.objects.filter(revoked_at=None)
    assert [credential.name for credential in live] == [demo.GATEWAY_NAME]
    assert Organization.objects.count() == 1


def test_the_revoked_key_is_revoked(db: None) -> None:
    access = demo.renew()
    key = KeySecret.objects.get(public_id=access.revoked_key.split("_")[2]).key
    assert key.state == ApiKey.State.REVOKED


def test_a_customer_with_the_same_slug_is_left_alone(db: None) -> None:
    from tests.factories import OrganizationFactory

    customer = OrganizationFactory(slug=demo.STUDIOS[0].slug, status="active")
    assert demo.renew().organization != customer.uid
    assert not ApiKey.objects.filter(organization=customer).exists()


def test_the_banner_holds_three_commands_with_what_they_need(db: None) -> None:
    access = demo.renew()
    validation, report, refused = _bodies(demo.banner(access))
    assert validation == {"credential": access.key, "organization": access.organization, "api_version": "v2"}
    assert refused["credential"] == access.revoked_key
    [generation] = report["generations"]
    assert abs((uuid7.time_of(UUID(generation["generation_id"])) - timezone.now()).total_seconds()) < 60
    assert generation["key"] == access.public_id


def test_two_banners_report_two_generations(db: None) -> None:
    access = demo.renew()
    ids = {_bodies(demo.banner(access))[1]["generations"][0]["generation_id"] for _ in range(2)}
    assert len(ids) == 2


def test_without_demo_access_the_banner_says_where_things_are() -> None:
    banner = demo.banner(None)
    assert "Staff site" in banner
    assert "curl" not in banner
