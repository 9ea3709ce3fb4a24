"""The four figures above the chart. Pure."""

from metering.explorer.counting import Sums
from metering.explorer.lines import NOTHING, Line
from metering.explorer.refused import Refused


def stats(
    foot: Line, refused: Refused | None, before: Sums | None = None, *, earlier: str = ""
) -> list[dict[str, str]]:
    """Return generations, cost units, and the shares that failed and were refused; those counted here can be opened.

    Generations are those that succeeded, whatever the table below adds up; `earlier` names the time of those before.
    """
    sums = foot.sums
    each = f"{sums.units / sums.generations:.2f} a generation" if sums.generations else ""
    figures = [
        {
            "label": "Generations",
            "value": f"{sums.generations:,}",
            "note": _against(sums, before, earlier),
            "href": foot.opened_succeeded if sums.generations else "",
        },
        {"label": "Cost units", "value": f"{sums.units:,}", "note": each},
        {
            "label": "Failed",
            "value": foot.failed_share,
            "note": f"{sums.failures:,}, of them {sums.ours:,} ours" if sums.failures else "none",
            "href": foot.opened_failed if sums.failures else "",
        },
    ]
    return [*figures, _refused(refused, foot)]


def change(now: int, before: int) -> str:
    """Write how far a number moved: +9.8%, −2.6%; without a before there is nothing to say."""
    if not before:
        return NOTHING
    moved = (now - before) / before * 100
    return f"{moved:+.1f}%".replace("-", "−") if round(moved, 1) else "0.0%"


def _against(sums: Sums, before: Sums | None, earlier: str) -> str:
    if before is None:
        return "succeeded"
    moved = f", {change(sums.generations, before.generations)}" if before.generations else ""
    return f"succeeded; {before.generations:,} {earlier}{moved}"


def _refused(refused: Refused | None, foot: Line) -> dict[str, str]:
    if refused is None:
        return {"label": "Refused", "value": NOTHING, "note": "not known by this filter"}
    ours = f"{refused.by_capacity:,}" if refused.by_capacity else "none"
    whole = f"{foot.calls:,} generated or refused"
    note = f"{refused.total:,} of {whole}, {ours} by our capacity" if refused.total else f"none of {whole}"
    return {"label": "Refused", "value": foot.refused_share, "note": note}
