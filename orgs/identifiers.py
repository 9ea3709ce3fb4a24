"""Opaque ids: a prefix that says the kind, and base62 digits from the system's random source."""

import secrets

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 14


def random_base62(length: int) -> str:
    """Return `length` unpredictable base62 digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def encode(number: int, length: int) -> str:
    """Write a number in base62, most significant digit first, padded with `0` to `length`."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def organization_uid() -> str:
    """Mint the id of an organization: `org_…`."""
    return f"org_{random_base62(LENGTH)}"


def staff_uid() -> str:
    """Mint the id of a staff member: `stf_…`."""
    return f"stf_{random_base62(LENGTH)}"


def reservation_uid() -> str:
    """Mint the id of a reservation: `rsv_…`."""
    return f"rsv_{random_base62(LENGTH)}"
