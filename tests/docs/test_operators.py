"""docs/operators.md says what there is to run, to set and to watch."""

import base64
import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands, load_command_class
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from axis_admin.celery import app
from axis_admin.gateway import metrics
from axis_admin.metrics import FLUSH_AGE, OLDEST_NOTICE
from tests.docs import markdown
from tests.docs.markdown import ROOT
from tests.stack import clean_environ

TEXT = markdown.read("operators")
VARIABLES = markdown.section(TEXT, "## Environment variables")
COMMANDS = markdown.section(TEXT, "## Commands")
WATCHED = markdown.section(TEXT, "## What to watch")
REQUIRED = "Required in production"
RECORD = """
import json, environ
asked, get_value = {}, environ.Env.get_value
def recorded(self, var, *args, **options):
    asked[str(getattr(var, "name", var))] = options.get("default")
    return get_value(self, var, *args, **options)
environ.Env.get_value = recorded
import axis_admin.settings
print(json.dumps(asked, default=str))
"""


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _production(var: Path) -> dict[str, str]:
    return {
        "AXIS_VAR": str(var),
        "AXIS_ALLOW_NO_MFA": "1",
        "DATABASE_URL": "postgres://axis_app:unused@localhost/axis",
        "DATABASE_OWNER_URL": "postgres://axis_owner:unused@localhost/axis",
        "VALKEY_URL": "redis://localhost/0",
        "CELERY_BROKER_URL": "redis://localhost/1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": _key(),
        "AUDIT_SIGNING_KEYS": _key(),
    }


def _settings(environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command, environ = [sys.executable, "-c", RECORD], clean_environ(**environ)
    return subprocess.run(command, cwd=ROOT, env=environ, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The variables that the settings read, with their defaults: in production and in the embedded setting."""
    var = tmp_path_factory.mktemp("var")
    found: dict[str, object] = {}
    for environ in (_production(var), {"AXIS_VAR": str(var)}):
        ended = _settings(environ)
        assert ended.returncode == 0, ended.stderr
        found |= json.loads(ended.stdout)
    return found


def test_every_variable_that_is_read_is_told_and_no_other(asked: dict[str, object]) -> None:
    told = markdown.firsts(VARIABLES)
    assert sorted(told) == sorted(asked)


def test_every_default_is_told(asked: dict[str, object]) -> None:
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in markdown.rows(VARIABLES)}
    told["AXIS_VAR"] = str(ROOT / told["AXIS_VAR"])
    defaults = {name: str(default) if default not in (None, []) else "" for name, default in asked.items()}
    assert told == defaults


@pytest.mark.parametrize(
    "name", [cells[0].strip("`") for cells in markdown.rows(VARIABLES) if REQUIRED in cells[2] or "refuses" in cells[2]]
)
def test_production_does_not_start_without_what_is_said_to_be_required(tmp_path: Path, name: str) -> None:
    production = _production(tmp_path)
    del production[name]
    assert _settings(production).returncode == 1


def test_production_starts_with_what_is_said_to_be_required(tmp_path: Path) -> None:
    required = {cells[0].strip("`") for cells in markdown.rows(VARIABLES) if REQUIRED in cells[2]}
    kept = required | {"AXIS_ALLOW_NO_MFA", "AXIS_VAR"}
    ended = _settings({name: value for name, value in _production(tmp_path).items() if name in kept})
    assert ended.returncode == 0, ended.stderr


def _own_commands() -> dict[str, str]:
    own = {config.name for config in apps.get_app_configs() if (ROOT / config.name).is_dir()}
    return {name: package for name, package in get_commands().items() if package in own}


def test_every_command_of_ours_is_told_and_no_other() -> None:
    assert sorted(markdown.firsts(COMMANDS)) == sorted(_own_commands())


def test_every_option_that_is_told_exists() -> None:
    packages = _own_commands()
    for cells in markdown.rows(COMMANDS):
        words = " ".join(markdown.CODE.findall(" ".join(cells))).split()
        options = {word for word in words[1:] if word.startswith("--")}
        known = load_command_class(packages[words[0]], words[0]).create_parser("manage.py", words[0])
        assert options <= set(known._option_string_actions), words[0]


def test_every_periodic_task_is_told_and_no_other() -> None:
    told = [name for name in markdown.firsts(markdown.section(TEXT, "## Processes")) if ".tasks." in name]
    assert sorted(told) == sorted(entry["task"] for entry in app.conf.beat_schedule.values())


def test_every_metric_is_told_with_its_labels_and_no_other() -> None:
    ours = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    names = {f"{one._name}_total" if isinstance(one, Counter) else one._name: one._labelnames for one in ours}
    told = {cells[0].strip("`"): tuple(filter(None, cells[1].split(", "))) for cells in markdown.rows(WATCHED)}
    assert told == {**names, FLUSH_AGE: (), OLDEST_NOTICE: ()}


@pytest.mark.django_db
def test_its_question_about_partitions_finds_next_month_s() -> None:
    from django.db import connection

    (question,) = markdown.fences(WATCHED)
    with connection.cursor() as cursor:
        cursor.execute(question)
        assert cursor.fetchone()[0].startswith("metering_generation_")
