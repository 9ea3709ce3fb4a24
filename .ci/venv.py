"""Makes .venv and installs a lock file into it, once for each state of the file. Several may run at the same time."""

import fcntl
import hashlib
import pathlib
import subprocess
import sys

VENV = pathlib.Path(".venv")
PYTHON = VENV / "bin" / "python"
# What each lock file holds, the ones before it hold too.
LOCKS = ("requirements-dev.lock", "requirements-embedded.lock")


def main(lock: str) -> None:
    with pathlib.Path(".venv.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not any(is_up_to_date(other) for other in LOCKS[: LOCKS.index(lock) + 1]):
            install(lock)


def is_up_to_date(lock: str) -> bool:
    stamp = stamp_of(lock)
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == state(lock)


def stamp_of(lock: str) -> pathlib.Path:
    return VENV / f".{lock}.stamp"


def state(lock: str) -> str:
    return hashlib.sha256(pathlib.Path(lock).read_bytes()).hexdigest()


def install(lock: str) -> None:
    if pathlib.Path(sys.prefix).resolve() != VENV.resolve():
        print("Making .venv", flush=True)
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    print(f"Installing {lock} (once, about a minute)", flush=True)
    for other in LOCKS:
        stamp_of(other).unlink(missing_ok=True)
    options = ["--quiet", "--quiet", "--disable-pip-version-check", "--no-input"]
    options += ["--require-hashes", "--only-binary", ":all:"]
    run([str(PYTHON), "-m", "pip", "install", *options, "--requirement", lock])
    stamp_of(lock).write_text(state(lock))


def run(command: list[str]) -> None:
    ended = subprocess.run(command, check=False)
    if ended.returncode:
        sys.exit(f"This failed: {' '.join(command)}")


if __name__ == "__main__":
    main(sys.argv[1])
