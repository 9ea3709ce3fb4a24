"""What stands beside a credential, or in the address, hides nothing and keeps nothing."""

from typing import Any
from urllib.parse import quote

import pytest

from audit.models import Event
from keys import mentions, secrets
from keys.models import KeySecret, LeakReport
from tests.factories import ImportedFactory, SecretFactory
from tests.gateway.leaks.conftest import Scanner


@pytest.fixture
def imported(db: None) -> KeySecret:
    made: KeySecret = ImportedFactory()
    return made


def test_decoys_before_a_key_do_not_hide_it(scanner: Scanner, in_use: Any) -> None:
    decoys = " ".join(f"axk_live_{number:012d}" for number in range(mentions.MOST_TRIED + 1))
    assert scanner.report(f"{decoys} {in_use.text}") == [(in_use.public_id, "flagged")]


def test_a_decoy_that_runs_into_a_key_does_not_hide_it(scanner: Scanner, in_use: Any) -> None:
    assert scanner.report(f"axk_live_{'a' * 12}_{'b' * 35}{in_use.text}") == [(in_use.public_id, "flagged")]


def test_words_that_begin_alike_do_not_hide_an_imported_credential(scanner: Scanner, imported: Any) -> None:
    decoys = " ".join(f"sk_studio_{number}" for number in range(6_000))
    assert scanner.report(f"{decoys} {imported.text}") == [(imported.public_id, "revoked")]


def test_a_long_imported_credential_is_found(scanner: Scanner) -> None:
    imported: Any = ImportedFactory(text=f"sk_studio_{'x' * (secrets.LONGEST_IMPORTED - 10)}")
    assert scanner.report(imported.text) == [(imported.public_id, "revoked")]


@pytest.mark.parametrize("written", [str, lambda text: quote(text, safe=""), lambda text: text.replace("_", "%5F")])
def test_the_address_keeps_of_an_imported_credential_what_it_begins_with(
    written: Any, scanner: Scanner, imported: Any
) -> None:
    scanner.report(imported.text, url=f"https://example.com/?q={written(imported.text)}&n=1")
    kept = LeakReport.objects.get().url
    assert kept.replace("%5F", "_") == "https://example.com/?q=sk_studio_&n=1"


def test_a_short_imported_credential_is_cut_by_its_own_text(scanner: Scanner) -> None:
    imported: Any = ImportedFactory(text="sk_studio_abc:1")
    scanner.report(imported.text, url="https://example.com/sk_studio_abc%3A1")
    assert LeakReport.objects.get().url == "https://example.com/sk_studio_"


def test_a_dead_secret_that_a_source_reports_again_is_one_report(scanner: Scanner) -> None:
    dead: Any = SecretFactory(key__state="revoked")
    for source in ("scanner", "scanner", "another", "scanner"):
        assert scanner.report(dead.text, source=source) == [(dead.public_id, "already_dead")]
    assert sorted(LeakReport.objects.values_list("source", flat=True)) == ["another", "scanner"]
    assert Event.objects.filter(verb="leak.reported").count() == 2
