"""How long a job takes, by API version: known by the ledger, which stands above and says so here."""

from collections.abc import Callable, Mapping

# Returns mean seconds by version, of an organization's latest generations.
Known = Callable[[int], Mapping[str, float]]
_registered: list[Known] = []


def register(known: Known) -> None:
    """Say who knows how long jobs take. Called by an AppConfig, once."""
    if known not in _registered:
        _registered.append(known)


def of(organization: int) -> dict[str, float]:
    """Return the mean seconds of a job by version; a version is missing where nothing of it is known."""
    return {version: seconds for known in _registered for version, seconds in known(organization).items()}
