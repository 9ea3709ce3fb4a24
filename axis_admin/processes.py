"""What the supervisor needs from the operating system: children that die with it, sockets that answer, who is root."""

import contextlib
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
NOBODY = "65534"
# Loaded before any fork: loading a library between fork and exec can deadlock.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel send this signal when the parent dies. Does nothing outside Linux."""

    def arrange() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, number)

    return arrange


def answers(path: Path) -> bool:
    """Whether somebody accepts connections on this unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def port_is_free(port: int) -> bool:
    """Whether this port of the loopback address can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def anybody_in(*folders: Path) -> bool:
    """Whether a process has one of these as its working folder. Always False where there is no /proc."""
    names = {str(folder) for folder in folders}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str((process / "cwd").readlink()) in names:
                return True
    return False


@dataclass(frozen=True)
class Login:
    """How to start a program that refuses to run as root: a command to put before its own, or a user to become."""

    prefix: tuple[str, ...] = ()
    user: str | None = None

    def popen(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Make the folder and all in it this login's own, closed to everybody else."""
        if os.geteuid() == 0:
            owner = pwd.getpwnam(self.user or "root")
            # An earlier run may have been another login.
            if folder.stat().st_uid != owner.pw_uid:
                for path in [folder, *folder.rglob("*")]:
                    os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        folder.chmod(0o700)


def login_for_postgres() -> Login:
    """Oneself; as root, root under another name in a user namespace, or else nobody."""
    if os.geteuid() != 0:
        return Login()
    # In a namespace of its own root's files stay root's, so this also works below a folder that only root may enter.
    program = shutil.which("unshare") or shutil.which("unshare", path="/usr/bin:/bin")
    if program:
        prefix = (program, "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
        tried = subprocess.run([*prefix, "true"], check=False, capture_output=True)
        if tried.returncode == 0:
            return Login(prefix=prefix)
    return Login(user="nobody")


def run_whole(command: list[str], **options: Any) -> tuple[int, str]:
    """Run a program to its end; its status and all that it wrote. Interrupted, it goes with all that it started."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", process_group=0, **options
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output


def try_lock(file: IO[str], *, shared: bool = False) -> bool:
    """Lock the open file, or say at once that somebody else has it."""
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(file: IO[str]) -> None:
    fcntl.flock(file, fcntl.LOCK_UN)


def last_lines(path: Path, count: int = 5) -> str:
    """The end of a log, for a message; empty where there is none."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""
