"""The intake server as a program: `python -m axis_admin.intake`. Becomes granian, with less priority than others."""

import os
import sys
from pathlib import Path

from django.conf import settings

from axis_admin import fleet, processes

# Below all that somebody waits for: a verdict that has what it waited for goes first, and with nothing else to do
# batches take all there is.
NICENESS = 15


def main() -> None:
    """Listen on AXIS_INTAKE_SOCKET, with a process for each core; leaves with a line where it cannot."""
    if not settings.INTAKE_SOCKET:
        sys.exit("AXIS_INTAKE_SOCKET is not set: it is where the gateway's processes find this server.")
    socket = Path(settings.INTAKE_SOCKET)
    if processes.answers(socket):
        sys.exit(f"Somebody listens on {socket} already.")
    # What a killed one left behind would be in the way.
    socket.unlink(missing_ok=True)
    os.nice(NICENESS)
    command = [sys.executable, "-m", *fleet.intake(socket, workers=fleet.cores())]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")
    main()
