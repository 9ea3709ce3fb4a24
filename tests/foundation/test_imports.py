"""What the import linter cannot see: a package inside of Django."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import ROOT

APPS = ("audit", "orgs", "keys", "metering")
HTTP = ("django.http", "django.shortcuts", "django.urls", "django.views")


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path): path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts}


def _imports(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _made_of(start: str) -> set[str]:
    """The module and every module of ours that it rests on."""
    found: set[str] = set()
    waiting = [name for name in MODULES if name == start or name.startswith(f"{start}.")]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [one for one in _imports(name) if one in MODULES]
    return found


@pytest.mark.parametrize("start", ["audit.trail", *(f"{app}.{part}" for app in APPS for part in ("models", "actions"))])
def test_actions_and_models_know_no_http(start: str) -> None:
    guilty = {(name, one) for name in _made_of(start) for one in _imports(name) if one.startswith(HTTP)}
    assert guilty == set()


def test_actions_are_among_what_is_looked_at() -> None:
    assert {"orgs.actions", "keys.actions.keys", "orgs.policy", "audit.trail"} <= _made_of("keys.actions")


@pytest.mark.parametrize("app", [*APPS, "axis_admin"])
def test_only_the_settings_read_the_environment(app: str) -> None:
    guilty = []
    for path in (ROOT / app).rglob("*.py"):
        text = path.read_text()
        if path.name != "settings.py" and ("os.getenv" in text or "os.environ[" in text or "environ.Env" in text):
            guilty.append(path.name)
    assert guilty == []


@pytest.mark.parametrize("app", [*APPS, "axis_admin"])
def test_no_module_is_a_drawer_for_leftovers(app: str) -> None:
    drawers = {"utils", "helpers", "services", "common", "constants", "signals"}
    assert not {path.stem for path in (ROOT / app).rglob("*.py")} & drawers
