"""A worker that closes billing periods, a process of its own: run as `python -m bench.closing DATABASE`.

Says `ready` on stdout; then for each line of ids as JSON how many of these periods became final.
"""

import json
import sys


def main() -> None:
    """Do what the task `advance_some` does, for each line of stdin."""
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from metering import advancing

    connection.settings_dict["NAME"] = sys.argv[1]
    connection.ensure_connection()
    print("ready", flush=True)
    for line in sys.stdin:
        print(advancing.advance(json.loads(line), now=timezone.now()), flush=True)


if __name__ == "__main__":
    main()
