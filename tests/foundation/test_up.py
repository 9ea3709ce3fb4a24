"""`manage.py up`: everything starts, everything stops, and what dies is noticed."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from axis_admin import embedded, fleet
from tests.stack import ROOT, Stack, clean_environ, free_ports, running

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("stack"),
    pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc"),
]


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return int(answer.status)


def _await(what: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"did not happen within {seconds} s"
        time.sleep(0.1)


def _pid(stack: Stack, part: str) -> int:
    return min(pid for pid, command in stack.processes().items() if part in command)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("up") / "var", "--no-demo") as one:
        yield one


def test_staff_site_gateway_and_metrics_answer(stack: Stack) -> None:
    assert _status(f"{stack.staff_url}/readyz") == 200
    assert _status(f"{stack.gateway_url}/readyz") == 200
    assert _status(f"http://127.0.0.1:{stack.metrics_port}/metrics") == 200


def test_the_gateway_has_a_worker_for_each_core_and_the_staff_site_one(stack: Stack) -> None:
    def workers(surface: str) -> int:
        main = f"--port {stack.port if surface == 'staff' else stack.gateway_port}"
        mains = [pid for pid, command in stack.processes().items() if main in command]
        children = Path(f"/proc/{min(mains)}/task/{min(mains)}/children").read_text().split()
        return sum("resource_tracker" not in stack.processes().get(int(pid), "") for pid in children)

    assert workers("gateway") == fleet.cores()
    assert workers("staff") == 1


def test_the_intake_server_has_as_many_and_goes_behind_all_others(stack: Stack) -> None:
    found = [pid for pid, command in stack.processes().items() if "axis_admin.intake.wsgi" in command]
    # Its first process and the workers.
    assert len(found) == fleet.cores() + 1
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in found} == {os.getpriority(os.PRIO_PROCESS, 0) + 15}


def test_its_socket_is_open_to_nobody_else(stack: Stack) -> None:
    path = embedded.intake_socket(stack.var)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_another_command_uses_its_stores(stack: Stack) -> None:
    answer = stack.manage("shell", "-v0", "-c", "from orgs.models import Plan; print(Plan.objects.count() >= 3)")
    assert answer.stdout.strip() == "True", answer.stderr
    assert _status(f"{stack.staff_url}/readyz") == 200


def test_a_second_one_on_the_same_folder_is_refused_in_one_line(stack: Stack) -> None:
    second = Stack(stack.var)
    second.output_file = stack.var.parent / "second.output"
    assert second.start("--no-demo").process
    assert second.process.wait(30) == 1
    assert f"Already running on {stack.var}: process {stack.process.pid} (up)." in second.output
    assert len(second.output.strip().splitlines()) == 1


def test_a_used_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one = Stack(tmp_path / "var", ports=(port, *free_ports(2))).start("--no-demo")
        assert one.process.wait(30) == 1
    assert one.output.strip() == (
        f"CommandError: Port {port} is in use: choose another, for example `make run PORT={port + 100}`."
    )
    assert one.processes() == {}


def test_a_second_stack_beside_it_has_its_own_everything(stack: Stack, tmp_path: Path) -> None:
    with running(tmp_path / "other", "--no-demo") as other:
        assert _status(f"{other.gateway_url}/readyz") == 200
        assert not set(stack.processes()) & set(other.processes())
    assert other.processes() == {}
    assert _status(f"{stack.gateway_url}/readyz") == 200


def test_a_child_that_dies_is_named_with_its_last_lines_and_started_again(stack: Stack) -> None:
    main = _pid(stack, f"--port {stack.gateway_port}")
    os.kill(main, signal.SIGKILL)
    stack.await_text("gateway ended with signal 9; again in 0.5 s. Its last lines:", seconds=10)
    stack.await_text("[INFO] Started worker-1", seconds=10)
    _await(
        lambda: (
            main not in stack.processes()
            and any(f"--port {stack.gateway_port}" in c for c in stack.processes().values())
        )
    )

    def answers() -> bool:
        try:
            return _status(f"{stack.gateway_url}/readyz") == 200
        except OSError:
            return False

    _await(answers)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_signals_to_stop_leave_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    stack = Stack(tmp_path / "var").start("--no-demo").await_banner()
    assert stack.processes()
    assert stack.end(number) == 0
    assert stack.output.rstrip().endswith("Stopping.")
    assert stack.processes() == {}
    assert "database system is shut down" in (stack.var / "postgres.log").read_text()


@pytest.mark.parametrize("seconds", [0, 0.5, 1, 2])
def test_a_signal_during_the_start_stops_it_too(tmp_path: Path, seconds: float) -> None:
    stack = Stack(tmp_path / "var").start("--no-demo")
    stack.await_text("Starting PostgreSQL")
    time.sleep(seconds)
    assert stack.end(signal.SIGHUP) == 0
    assert stack.processes() == {}


def test_after_kill_9_nothing_is_left_and_the_next_start_finds_everything(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "var").start("--no-demo").await_banner()
    made = stack.manage("shell", "-v0", "-c", "from django.core.cache import cache; cache.set('kept', 'yes', 600)")
    assert made.returncode == 0, made.stderr
    time.sleep(1.5)  # The append-only file is synced each second.
    stack.end(signal.SIGKILL)
    again = Stack(stack.var).start("--no-demo").await_banner()
    kept = again.manage("shell", "-v0", "-c", "from django.core.cache import cache; print(cache.get('kept'))")
    assert kept.stdout.strip() == "yes", kept.stderr
    again.end()
    _await(lambda: not stack.processes())


@pytest.mark.parametrize(("store", "part"), [("postgres", "postgres -D"), ("valkey", "valkey-server")])
def test_a_store_that_dies_ends_the_run(tmp_path: Path, store: str, part: str) -> None:
    stack = Stack(tmp_path / "var").start("--no-demo").await_banner()
    os.kill(_pid(stack, part), signal.SIGKILL)
    assert stack.process.wait(60) == 1
    assert f"CommandError: Stopped, because {store} ended with status -9" in stack.output
    assert stack.processes() == {}


def test_it_ends_with_the_process_that_started_it_where_asked(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "var")
    code = "import subprocess, sys; subprocess.Popen(sys.argv[1:]).wait()"
    command = [sys.executable, "-c", code, sys.executable, str(ROOT / "manage.py"), "up", "--no-demo", "--with-parent"]
    with stack.output_file.open("wb") as output:
        stack.process = subprocess.Popen(command, env=stack.environ, stdout=output, stderr=output)
    stack.await_banner()
    stack.process.kill()
    stack.process.wait()
    _await(lambda: not stack.processes())


def test_it_refuses_to_run_beside_an_outside_database(tmp_path: Path) -> None:
    environ = clean_environ(AXIS_VAR=str(tmp_path), DATABASE_URL="postgres://nobody@localhost/none")
    ended = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "up"], env=environ, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Axis Admin cannot start: SECRET_KEY is not set")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_banners_commands_can_be_pasted_as_they_are(tmp_path: Path) -> None:
    with running(tmp_path / "var") as stack:
        commands = [line for line in stack.output.splitlines() if line.startswith("curl ")]
        answers = [
            json.loads(subprocess.run(["sh", "-c", one], check=True, capture_output=True, text=True).stdout)
            for one in commands
        ]
        validated, reported, refused = answers
        assert (validated["code"], refused["code"]) == ("VALID", "REVOKED")
        assert [one["status"] for one in reported["results"]] == ["accepted"]
        assert f"{stack.staff_url}/" in stack.output
        # The login is made for this run and stands in no file.
        password = stack.output.partition("with the password ")[2].split()[0]
        assert not [log.name for log in stack.var.glob("*.log") if password in log.read_text(errors="replace")]
