"""Keys that were made elsewhere are taken over by their SHA-256, line by line."""

import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from keys import actions, import_lines, imports, known, rotation, secrets
from keys.models import ApiKey, KeySecret
from orgs.models import Organization
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway, a_patient_and_empty_counter_store

HEAD = "sha256,organization,name,environment,api_versions,expires_at,prefix"
OLD = "sk_studio_4e5f6a7b8c9d"
__all__ = ["a_patient_and_empty_counter_store"]


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def line(text: str = OLD, **fields: str) -> str:
    usual = {
        "sha256": sha(text), "organization": "halide", "name": f"farm {sha(text)[:4]}", "environment": "live",
        "api_versions": "v1 v2", "expires_at": "", "prefix": "sk_studio_",
    }  # fmt: skip
    return ",".join({**usual, **fields}.values())


@pytest.fixture
def run(tmp_path: Path, her_organization: Organization) -> Any:
    """Import these lines; returns what was printed and how it was refused."""

    def imported(*lines: str, **options: Any) -> tuple[list[str], str]:
        file, out = tmp_path / "keys.csv", StringIO()
        file.write_text("\n".join(lines))
        try:
            call_command("import_keys", str(file), stdout=out, **options)
        except CommandError as error:
            return out.getvalue().splitlines(), str(error)
        return out.getvalue().splitlines(), ""

    return imported


def code(text: str, organization: Organization) -> str:
    known.process.forget_all()
    body = {"credential": text, "organization": organization.uid, "api_version": "v2"}
    return str(Gateway().post("keys/validate", body).json()["code"])


def test_an_imported_credential_passes(run: Any, her_organization: Organization) -> None:
    assert code(OLD, her_organization) == "MALFORMED"
    told, refused = run(HEAD, line())
    key = ApiKey.objects.get()
    assert (told, refused) == ([f"line 2: imported as {key.uid}", "1 imported, 0 already."], "")
    assert code(OLD, her_organization) == "VALID"
    secret = key.secrets.get()
    assert secret.public_id == secrets.imported_public_id(hashlib.sha256(OLD.encode()).digest())
    assert (secret.last_four, secret.imported_prefix) == ("", "sk_studio_")


def test_what_begins_like_an_imported_one_is_not_malformed(run: Any, her_organization: Organization) -> None:
    run(HEAD, line())
    assert code("sk_studio_another", her_organization) == "NOT_FOUND"
    assert code("sk_other_another", her_organization) == "MALFORMED"
    assert code("sk_studio_\x00", her_organization) == "MALFORMED"


def test_rotated_it_is_ours_and_the_old_one_works_until_the_overlap_ends(
    run: Any, her_organization: Organization
) -> None:
    run(HEAD, line())
    key = ApiKey.objects.get()
    _, ours = actions.rotate_key(key=key, actor=ACTOR, overlap=rotation.OVERLAPS["1h"])
    assert secrets.parse(ours) is not None
    assert [code(OLD, her_organization), code(ours, her_organization)] == ["VALID", "VALID"]
    actions.rotate_key(key=key, actor=ACTOR, overlap=rotation.OVERLAPS["now"])
    assert code(OLD, her_organization) == "ROTATED_OUT"


def test_the_same_file_again_changes_nothing(run: Any) -> None:
    run(HEAD, line())
    key, events = ApiKey.objects.get(), Event.objects.count()
    told, refused = run(HEAD, line(name="another name"))
    assert told == [f"line 2: imported already as {key.uid}", "0 imported, 1 already."]
    assert (refused, Event.objects.count()) == ("", events)


def test_every_bad_line_is_named_and_every_good_one_imported(run: Any) -> None:
    told, refused = run(
        HEAD,
        line("sk_studio_1"),
        line("sk_studio_2", organization="nobody"),
        line("sk_studio_3", sha256="abc"),
        line("sk_studio_4", environment="moon", prefix="s", api_versions=""),
        line("sk_studio_5", api_versions="v9"),
        line("sk_studio_6", expires_at="yesterday"),
        line("sk_studio_7", expires_at="2001-01-01T00:00:00Z"),
        line("sk_studio_8", prefix="axk_live_"),
        line("sk_studio_9", prefix="sk_studio_4e5f6a7b8c9d"),
        line("sk_studio_10") + ",more",
        "",
        line("sk_studio_11"),
    )
    assert refused == "2 imported, 0 already, 9 refused."
    assert [said.split(":")[0] for said in told if "refused" in said] == [f"line {number}" for number in range(3, 12)]
    assert "environment: live or test is wanted. api_versions: " in told[3]
    assert ApiKey.objects.count() == 2


def test_a_dry_run_says_what_would_happen_and_changes_nothing(run: Any) -> None:
    told, refused = run(HEAD, line(), line(), line("x", sha256="?"), dry_run=True)
    assert told[:2] == ["line 2: would be imported", "line 3: imported already, by a line above"]
    assert refused == "1 would be imported, 1 already, 1 refused."
    assert not ApiKey.objects.exists()
    assert not Event.objects.filter(verb="key.imported").exists()


def test_bad_json_lines_are_refused_one_by_one(run: Any, her_organization: Organization) -> None:
    one = {
        "sha256": sha(OLD).upper(), "organization": her_organization.uid, "name": "farm", "environment": "test",
        "api_versions": ["v2"], "expires_at": "2999-01-01T00:00:00+01:00", "prefix": "sk_studio_",
    }  # fmt: skip
    _, refused = run(json.dumps(one), "{", "[]", json.dumps({**one, "name": "\u0000"}), json.dumps({**one, "name": 7}))
    assert refused == "0 imported, 0 already, 5 refused."


def test_json_lines_are_imported(run: Any, her_organization: Organization) -> None:
    one = {
        "sha256": sha(OLD), "organization": her_organization.uid, "name": "farm", "environment": "test",
        "api_versions": ["v2"], "prefix": "sk_studio_", "purpose": "The farm",
    }  # fmt: skip
    assert run(json.dumps(one)) == ([f"line 1: imported as {ApiKey.objects.get().uid}", "1 imported, 0 already."], "")
    key = ApiKey.objects.get()
    assert (key.environment, key.api_versions, key.purpose, key.organization) == (
        "test", ["v2"], "The farm", her_organization,
    )  # fmt: skip


@pytest.mark.parametrize(
    "lines", [[], ["sha256,name"], [HEAD + ",password"], [HEAD + ",name"], [OLD], ["\x00"], [HEAD.replace(",", ";")]]
)
def test_a_file_that_is_none_is_refused_as_a_whole(run: Any, lines: list[str]) -> None:
    told, refused = run(*lines)
    assert told == []
    assert refused
    assert OLD not in refused


def test_a_missing_file_is_one_line(db: None) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_keys", "/nowhere/keys.csv")


def test_nothing_of_a_file_of_credentials_is_repeated(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody hashed nothing, and gave the credentials themselves."""
    with CaptureQueriesContext(connection) as asked:
        told, refused = run(HEAD, line(sha256=OLD, prefix=OLD, organization=OLD, name=OLD, api_versions=OLD))
    assert OLD not in "".join([*told, refused, caplog.text, str(asked.captured_queries)])
    assert "1 refused" in refused


def test_a_credential_of_another_organization_is_refused(run: Any, other_organization: Organization) -> None:
    run(HEAD, line())
    told, _ = run(HEAD, line(organization=other_organization.slug))
    assert "another organization" in told[0]


def test_a_public_id_that_is_taken_is_refused(run: Any) -> None:
    digest = hashlib.sha256(OLD.encode()).digest()
    public_id = secrets.imported_public_id(digest)
    ring_id, sealed = secrets.seal(b"another" * 4, public_id=public_id, ring=settings.FIELD_KEYS)
    SecretFactory(public_id=public_id, digest=sealed, ring_id=ring_id)
    told, refused = run(HEAD, line())
    assert "taken by another credential" in told[0]
    assert "1 refused" in refused


def test_an_import_is_recorded_without_the_hash(run: Any) -> None:
    run(HEAD, line(), reason="Migration", ticket="OPS-7")
    event = Event.objects.get(verb="key.imported")
    assert (event.reason, event.ticket, event.changes["prefix"]) == ("Migration", "OPS-7", [None, "sk_studio_"])
    assert sha(OLD) not in str(event.changes)


def test_what_was_imported_is_shown_by_its_prefix(run: Any, key_admin: Any, browser_of: Any) -> None:
    run(HEAD, line())
    key = ApiKey.objects.get()
    text = browser_of(key_admin).get(f"/keys/{key.uid}/").content.decode()
    assert f"sk_studio_… ({key.secrets.get().public_id})" in text
    assert "ends in …<" not in text


def test_prefixes_are_found_each_once_by_an_index(run: Any) -> None:
    assert imports.prefixes() == frozenset()
    run(HEAD, line("sk_studio_1"), line("sk_studio_2"), line("pk-3", prefix="pk-"))
    assert imports.prefixes() == {"sk_studio_", "pk-"}
    assert KeySecret.objects.count() == 3


@pytest.mark.parametrize("huge", ["x" * 200_000, f'"{"x" * 200_000}"', "{" + "x" * 200_000])
def test_a_huge_first_line_is_refused_in_words(run: Any, huge: str) -> None:
    told, refused = run(huge, line())
    assert "Traceback" not in refused
    assert "line is too long" in refused + " ".join(told)


@pytest.mark.parametrize("length", [20_000, import_lines.LONGEST_LINE + 1, 2 * (import_lines.LONGEST_LINE + 1)])
def test_a_huge_line_is_one_line_and_the_next_is_read(run: Any, length: int) -> None:
    told, _ = run(HEAD, "x" * length, line())
    assert told[0] == "line 2: refused: The line is too long."
    assert told[1].startswith("line 3: imported as key_")


def test_no_more_of_a_line_is_read_than_is_looked_at() -> None:
    file = StringIO("x" * 100_000 + "\n" + "y\n")
    assert [len(one) for one in import_lines.bounded(file)] == [import_lines.LONGEST_LINE + 1, 2]
