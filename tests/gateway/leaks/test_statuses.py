"""What becomes of a credential that is reported as leaked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Event
from keys import secrets
from keys.models import ApiKey, KeySecret, LeakReport
from orgs import changes
from tests.factories import GatewayFactory, KeyFactory, SecretFactory
from tests.gateway.conftest import Gateway
from tests.gateway.leaks.conftest import Scanner

PAST = timezone.now() - timedelta(days=1)


def test_a_key_in_use_is_flagged_for_a_person_and_works_on(
    scanner: Scanner, calling: Gateway, in_use: KeySecret
) -> None:
    assert scanner.report(f"token={in_use.text}\n") == [(in_use.public_id, "flagged")]
    leak = LeakReport.objects.get()
    assert (leak.secret, leak.source, leak.url, leak.outcome) == (
        in_use,
        "scanner",
        "https://example.com/paste/7",
        "",
    )
    assert calling.validate(in_use)["code"] == "VALID"
    event = Event.objects.get(verb="leak.reported")
    assert (event.actor_type, event.actor_id, event.target_id) == ("gateway", scanner.row.uid, in_use.key.uid)


def test_a_key_that_was_never_used_is_revoked_and_refused_by_then(
    scanner: Scanner, calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = []
    monkeypatch.setattr(changes, "settle", settled.append)
    assert scanner.report(secret.text) == [(secret.public_id, "revoked")]
    assert settled == [secret.key.organization]
    assert calling.validate(secret)["code"] == "REVOKED"
    assert LeakReport.objects.get().outcome == "revoked"
    assert ApiKey.objects.get().revoke_code == "leaked"


def test_a_call_a_moment_ago_is_use(scanner: Scanner, calling: Gateway, secret: KeySecret) -> None:
    assert calling.validate(secret)["code"] == "VALID"
    assert scanner.report(secret.text) == [(secret.public_id, "flagged")]


def test_a_paused_key_is_revoked_though_it_was_used(scanner: Scanner, in_use: KeySecret) -> None:
    paused = SecretFactory(key=KeyFactory(state="paused", organization=in_use.key.organization))
    assert scanner.report(paused.text) == [(paused.public_id, "revoked")]


def test_a_setting_revokes_keys_in_use_too(scanner: Scanner, in_use: KeySecret, settings) -> None:
    settings.LEAK_AUTO_REVOKE = True
    assert scanner.report(in_use.text) == [(in_use.public_id, "revoked")]


def test_a_gateway_s_credential_is_flagged_whatever_the_setting_says(scanner: Scanner, settings) -> None:
    settings.LEAK_AUTO_REVOKE = True
    leaked = GatewayFactory()
    assert scanner.report(leaked.text) == [(leaked.secrets.get().public_id, "flagged")]
    leaked.refresh_from_db()
    assert leaked.revoked_at is None


@pytest.mark.parametrize(
    "fields",
    [
        {"key__state": "revoked"},
        {"key__expires_at": PAST},
        {"state": "retired"},
        {"state": "overlap", "overlap_until": PAST},
        {"key__organization__status": "closed"},
    ],
    ids=["revoked", "expired", "retired", "overlap over", "organization closed"],
)
def test_what_is_dead_is_only_written_down(fields: dict[str, object], scanner: Scanner) -> None:
    dead = SecretFactory(**fields)
    assert scanner.report(dead.text) == [(dead.public_id, "already_dead")]
    leak = LeakReport.objects.get()
    assert leak.outcome == "already_dead"
    assert leak.closed_at


def test_what_matches_no_digest_is_not_ours_and_changes_nothing(scanner: Scanner, in_use: KeySecret) -> None:
    body = f"axk_live_{in_use.public_id}_{'0' * 32}"
    forged, strange = body + secrets.checksum(body), secrets.make_credential("live")
    assert scanner.report(f"{forged} {strange.text}") == [
        (in_use.public_id, "not_ours"),
        (strange.public_id, "not_ours"),
    ]
    assert not LeakReport.objects.exists()


def test_a_match_goes_before_what_only_claims_its_prefix(scanner: Scanner, in_use: KeySecret) -> None:
    body = f"axk_live_{in_use.public_id}_{'0' * 32}"
    text = f"{body + secrets.checksum(body)} {in_use.text} {in_use.text}"
    assert scanner.report(text) == [(in_use.public_id, "flagged")]


def test_the_same_report_twice_is_one_leak(scanner: Scanner, in_use: KeySecret) -> None:
    assert scanner.report(in_use.text) == scanner.report(in_use.text) == [(in_use.public_id, "flagged")]
    assert LeakReport.objects.count() == 1


def test_a_wrong_checksum_is_no_credential(scanner: Scanner, in_use: KeySecret) -> None:
    assert scanner.report(in_use.text[:-1] + ("a" if in_use.text[-1] != "a" else "b")) == []


def test_a_counter_store_that_is_down_revokes_nothing(
    scanner: Scanner, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis

    from keys import counts

    def down(*args: object, **named: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(counts, "flush", down)
    assert scanner.report(secret.text) == [(secret.public_id, "flagged")]
