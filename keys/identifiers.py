"""Ids of what this app makes."""

from orgs.identifiers import LENGTH, random_base62


def key_uid() -> str:
    """Mint the id of a key, which never changes through rotation: `key_…`."""
    return f"key_{random_base62(LENGTH)}"


def gateway_uid() -> str:
    """Mint the id of a gateway credential: `gwc_…`."""
    return f"gwc_{random_base62(LENGTH)}"


def rule_uid() -> str:
    """Mint the id of a limit rule: `lim_…`."""
    return f"lim_{random_base62(LENGTH)}"


def delivery_uid() -> str:
    """Mint the id of a one-time link: `dlv_…`."""
    return f"dlv_{random_base62(LENGTH)}"


def leak_uid() -> str:
    """Mint the id of a leak report: `lek_…`."""
    return f"lek_{random_base62(LENGTH)}"


def saved_view_uid() -> str:
    """Mint the id of a saved view: `viw_…`."""
    return f"viw_{random_base62(LENGTH)}"
