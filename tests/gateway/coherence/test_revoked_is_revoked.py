"""After a revocation is answered nobody is told VALID: two processes, four clients, 200 revocations, over HTTP."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orgs import changes
from tests.gateway.coherence import __name__ as package
from tests.stack import ROOT, clean_environ

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
SECONDS = 300


def hammered(var: Path, how: str) -> dict[str, Any]:
    environ = clean_environ(AXIS_VAR=str(var), LOG_LEVEL="ERROR")
    done = subprocess.run(
        [sys.executable, "-m", package, how],
        cwd=ROOT, env=environ, check=False, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_no_revoked_key_passes_also_with_the_store_emptied_and_killed_in_the_middle(tmp_path: Path) -> None:
    found = hammered(tmp_path / "var", "whole")
    assert found["late"] == []
    assert found["revoked"] == 200
    assert found["in_the_end"] == {"REVOKED": 400}
    # They did ask, before and after.
    assert min(found["codes"]["VALID"], found["codes"]["REVOKED"]) > 200


def test_where_the_token_is_lost_the_feed_reaches_everybody_within_five_seconds(tmp_path: Path) -> None:
    found = hammered(tmp_path / "var", "lost")
    assert found["late"] == []
    assert found["revoked"] == 10
    # Without its token a revocation is late, or this test would show nothing.
    assert 0 < found["after_commit"] <= changes.FEED_SECONDS
    assert found["in_the_end"]["REVOKED"] == 20
