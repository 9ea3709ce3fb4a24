"""The embedded stores' folders, and commands that bring their own stores."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from axis_admin import binaries, embedded
from tests.stack import clean_environ, manage


def test_the_sockets_stand_in_the_folder() -> None:
    assert embedded.run_dir(Path("/srv/axis/var")) == Path("/srv/axis/var/run")


def test_a_path_too_long_for_a_socket_gets_a_short_folder_of_its_own() -> None:
    deep = Path("/srv") / ("x" * 120)
    short = embedded.run_dir(deep)
    assert len(str(short / ".s.PGSQL.5432.lock")) <= 107
    assert short != embedded.run_dir(deep / "other")
    assert str(os.getuid()) in short.name


def test_a_path_of_many_bytes_and_few_letters_counts_in_bytes() -> None:
    var = Path("/srv") / ("å" * 45)
    assert embedded.run_dir(var) != var / "run"


def test_somebody_elses_folder_is_not_used(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "run").symlink_to(elsewhere)
    stores = embedded.Stores(tmp_path)
    with pytest.raises(embedded.StoresError, match="belongs to somebody else"):
        stores.start()


@pytest.mark.parametrize("find", [binaries.postgres, binaries.valkey])
def test_a_program_chosen_that_does_not_exist_is_named(find: object) -> None:
    with pytest.raises(binaries.MissingProgram, match="/nowhere"):
        find("/nowhere")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("find", "hint"), [(binaries.postgres, "AXIS_POSTGRES_BIN"), (binaries.valkey, "AXIS_VALKEY_SERVER")]
)
def test_without_wheels_and_programs_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, find: object, hint: str
) -> None:
    monkeypatch.setattr(binaries, "_wheel", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(binaries.MissingProgram, match=hint):
        find()  # type: ignore[operator]


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lone") / "var"
    yield folder
    assert not embedded.running(folder)


@pytest.mark.stack
def test_a_lone_command_brings_migrated_stores_and_takes_them_with_it(var: Path) -> None:
    code = "from orgs.models import Plan; print(Plan.objects.count() >= 3)"
    ended = manage("shell", "-v0", "-c", code, environ=clean_environ(AXIS_VAR=str(var)))
    assert ended.stdout.strip() == "True", ended.stderr
    assert not embedded.running(var)
    assert (var / "postgres" / "PG_VERSION").exists()


@pytest.mark.stack
def test_commands_at_the_same_time_share_the_stores(var: Path) -> None:
    code = "import time; from orgs.models import Plan; time.sleep({}); print(Plan.objects.count() >= 3)"
    environ = clean_environ(AXIS_VAR=str(var))
    # The first one ends before the others, and must not take the stores from them.
    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda wait: manage("shell", "-v0", "-c", code.format(wait), environ=environ), (0, 1, 2)))
    assert [one.stdout.strip() for one in ended] == ["True"] * 3, [one.stderr for one in ended]
    assert not embedded.running(var)


@pytest.mark.stack
def test_a_path_too_long_for_sockets_works_all_the_same(tmp_path: Path) -> None:
    var = tmp_path / ("deep" * 20) / "var"
    ended = manage("migrate", "contenttypes", environ=clean_environ(AXIS_VAR=str(var)))
    assert ended.returncode == 0, ended.stderr
    assert not (var / "run").exists()


@pytest.mark.stack
def test_a_command_that_is_ended_takes_its_stores_with_it(tmp_path: Path) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM); import time; time.sleep(60)"
    ended = manage("shell", "-v0", "-c", code, environ=clean_environ(AXIS_VAR=str(tmp_path)))
    assert ended.returncode == 128 + 15
    assert not embedded.running(tmp_path)


@pytest.mark.parametrize("command", [["help"], ["check"], ["--version"], ["migrate", "--help"]])
def test_a_command_that_needs_no_store_starts_none(tmp_path: Path, command: list[str]) -> None:
    ended = manage(*command, environ=clean_environ(AXIS_VAR=str(tmp_path)))
    assert ended.returncode == 0, ended.stderr
    assert not (tmp_path / "postgres").exists()


def test_an_old_python_is_told_in_one_line() -> None:
    code = "import sys; sys.version_info = (3, 10, 13, 'final', 0); import manage; manage.main()"
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, "Axis Admin needs Python 3.11 to 3.13; this is 3.10.\n")


def test_a_start_that_was_ended_half_way_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(mode=0o700)
    half = tmp_path / "postgres.new"
    half.mkdir(mode=0o700)
    (half / "PG_VERSION").write_text("18\n")
    stores = embedded.Stores(tmp_path, durable=False)
    stores.start()
    try:
        assert embedded.running(tmp_path)
    finally:
        stores.stop()
    assert not half.exists()
