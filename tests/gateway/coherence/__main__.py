"""`python -m tests.gateway.coherence whole|lost`, with AXIS_VAR an empty folder; prints what was found as JSON."""

import json
import os
import sys

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "axis_admin.settings"
    django.setup()
    from tests.gateway.coherence import hammering

    sys.stdout.write(json.dumps(hammering.run(sys.argv[1])))


if __name__ == "__main__":
    main()
