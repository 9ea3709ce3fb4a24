"""What a newcomer types, and what it installs."""

import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.stack import ROOT

LOCKS = ("requirements.lock", "requirements-embedded.lock", "requirements-dev.lock")
PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def _targets(name: str) -> str:
    # The suite itself may run under make, which tells its children so.
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key != "MFLAGS"}
    command = ["make", "--no-print-directory", "-n", name]
    ended = subprocess.run(command, cwd=ROOT, env=environ, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("target", ["run", "test", "lint", "bench", "bench-validate", "bench-ingest"])
def test_every_target_makes_the_virtual_environment_first(target: str) -> None:
    assert _targets(target).splitlines()[0].startswith("sh .ci/venv requirements-")


def test_lint_checks_everything_that_is_promised() -> None:
    commands = _targets("lint")
    for one in ("ruff format --check", "ruff check", "djade --check", "lint-imports", "mypy", "makemigrations --check"):
        assert one in commands
    assert "--deploy --fail-level WARNING" in (ROOT / ".ci" / "check-deploy").read_text()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_versions_and_hashes_and_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "index-url" not in text
    pinned = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in one for one in pinned)


def test_each_lock_holds_the_smaller_ones_in_the_same_versions() -> None:
    held = [dict(PINNED.findall((ROOT / lock).read_text())) for lock in LOCKS]
    for smaller, larger in itertools.pairwise(held):
        assert smaller.items() <= larger.items()


def test_every_dependency_is_locked_and_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    locked = dict(PINNED.findall((ROOT / LOCKS[-1]).read_text()))
    lines = text.splitlines()
    for one in wanted:
        assert re.split(r"[\[><=;]", one)[0] in locked
        [at] = [number for number, line in enumerate(lines) if line.strip().startswith(f'"{one}')]
        assert lines[at - 1].strip().startswith("# ")


def _folder(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    for name in (".ci/venv", ".ci/venv.py", "requirements-embedded.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _make_venv(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", ".ci/venv", "requirements-embedded.lock"]
    return subprocess.run(
        command, cwd=folder, env={"PATH": path}, check=False, capture_output=True, text=True, timeout=60
    )


def _fake(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_without_a_suitable_python_there_is_one_clear_line(tmp_path: Path) -> None:
    _fake(tmp_path / "bin", "python3", "exit 1")
    ended = _make_venv(_folder(tmp_path), str(tmp_path / "bin"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "Axis Admin needs Python 3.11, 3.12 or 3.13, and none was found on the PATH.\n"


def test_without_ensurepip_one_line_says_what_to_install(tmp_path: Path) -> None:
    real = os.path.realpath(sys.executable)
    _fake(tmp_path / "bin", "python3", f'case "$2" in *ensurepip*) exit 1;; esac; exec {real} "$@"')
    ended = _make_venv(_folder(tmp_path), str(tmp_path / "bin"))
    assert ended.returncode == 1
    assert ended.stderr.startswith("python3 has no ensurepip: install its venv package")
    assert len(ended.stderr.splitlines()) == 1


def test_an_up_to_date_environment_is_left_alone(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    real = os.path.realpath(sys.executable)
    (folder / ".venv" / "bin").mkdir(parents=True)
    # Stands for an installed environment: it runs the script, and fails on any attempt to install.
    _fake(folder / ".venv" / "bin", "python", f'[ "$2" = pip ] && exit 1; exec {real} "$@"')
    digest = hashlib.sha256((folder / "requirements-dev.lock").read_bytes()).hexdigest()
    (folder / ".venv" / ".requirements-dev.lock.stamp").write_text(digest)
    ended = _make_venv(folder, "/nowhere")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_readme_begins_with_the_two_commands() -> None:
    blocks = re.findall(r"```\w*\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    commands = [line.strip() for block in blocks for line in block.splitlines()]
    assert "make run" in commands
    assert "make test" in commands
