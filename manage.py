#!/usr/bin/env python
"""Every command of Axis Admin. In embedded mode a lone command brings its own stores."""

import os
import sys


def main() -> None:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        # No f-string: an old Python has to get as far as this line.
        sys.exit("Axis Admin needs Python 3.11 to 3.13; this is {}.{}.".format(*sys.version_info[:2]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        from axis_admin import lone
    except ModuleNotFoundError as error:
        sys.exit(f"Axis Admin is not installed here ({error}): run `make run`, or use .venv/bin/python.")
    try:
        with lone.stores_for(sys.argv[1:]):
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Axis Admin cannot start: {error}")


if __name__ == "__main__":
    main()
