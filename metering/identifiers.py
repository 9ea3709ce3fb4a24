"""Opaque ids of what billing hands out. Pure."""

from orgs.identifiers import LENGTH, random_base62


def adjustment_request_uid() -> str:
    """Mint the id of a request for an adjustment: `adr_…`."""
    return f"adr_{random_base62(LENGTH)}"


def export_uid() -> str:
    """Mint the id of an export: `exp_…`."""
    return f"exp_{random_base62(LENGTH)}"
