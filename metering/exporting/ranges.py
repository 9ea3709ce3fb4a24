"""Which bytes of a file a browser asks for, to go on with a download that was cut off. Pure."""

import re

# No file has more bytes than 18 digits count, and Python reads no number of thousands of digits.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class Unsatisfiable(Exception):
    """No byte of the file is in the range."""


def read(header: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte of a `Range`; None where the whole file is to be sent.

    Several ranges at once, and what is none, are answered with the whole file, as HTTP allows. Raises Unsatisfiable.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or found[0] == "bytes=-":
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    if found[2] and found[1] and int(found[2]) < int(found[1]):
        return None
    if first >= size or last < first:
        raise Unsatisfiable
    return first, last
