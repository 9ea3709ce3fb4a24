"""The four figures above the chart. Pure."""

from metering.explorer.lines import Line
from metering.explorer.refused import Refused

NOTHING = "–"


def stats(foot: Line, refused: Refused | None) -> list[dict[str, str]]:
    """Return generations, cost units, and the shares that failed and were refused; those counted here can be opened."""
    sums = foot.sums
    each = f"{sums.units / sums.generations:.2f} a generation" if sums.generations else ""
    figures = [
        {"label": "Generations", "value": f"{foot.total:,}", "note": _against(foot), "href": foot.opened},
        {"label": "Cost units", "value": f"{sums.units:,}", "note": each},
        {
            "label": "Failed",
            "value": share(sums.failures, sums.attempts),
            "note": f"{sums.failures:,}, of them {sums.ours:,} ours" if sums.failures else "none",
            "href": foot.opened_failed if sums.failures else "",
        },
    ]
    return [*figures, _refused(refused, foot)]


def share(part: int, whole: int) -> str:
    """Write a part of a whole in percent, as the table below does."""
    return f"{part / whole * 100:.2f}%" if whole else NOTHING


def change(now: int, before: int) -> str:
    """Write how far a number moved: +9.8%, −2.6%; without a before there is nothing to say."""
    if not before:
        return NOTHING
    moved = (now - before) / before * 100
    return f"{moved:+.1f}%".replace("-", "−") if round(moved, 1) else "0.0%"


def _against(foot: Line) -> str:
    if foot.before is None:
        return "failed ones too" if foot.asked.counts_attempts else "succeeded"
    moved = f", {change(foot.total, foot.before)}" if foot.before else ""
    return f"{foot.before:,} the period before{moved}"


def _refused(refused: Refused | None, foot: Line) -> dict[str, str]:
    if refused is None:
        return {"label": "Refused", "value": NOTHING, "note": "not known by this filter"}
    ours = f"{refused.by_capacity:,}" if refused.by_capacity else "none"
    note = f"{refused.total:,} requests, {ours} by our capacity" if refused.total else "no request"
    return {"label": "Refused", "value": share(refused.total, foot.calls), "note": note}
