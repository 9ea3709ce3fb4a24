"""What the gallery shows: one of each component, with invented names and numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

LAST = date(2026, 11, 24)
# Two weeks of (v2, v1, the 14 days before), with quiet weekends.
COUNTS = [
    (45_210, 17_340, 61_900), (46_080, 17_020, 62_800), (50_400, 18_330, 64_000), (25_610, 8_100, 27_300),
    (22_950, 6_870, 29_700), (50_120, 17_640, 61_700), (55_300, 16_980, 61_200), (59_440, 16_210, 60_900),
    (56_300, 17_400, 65_700), (55_020, 16_830, 67_300), (28_900, 7_240, 29_100), (24_600, 7_010, 30_700),
    (63_080, 15_270, 57_600), (33_700, 9_140, 66_100),
]  # fmt: skip
BADGES = [
    ("Active", "ok", "check-circle"),
    ("Rotating", "warn", "arrow-path"),
    ("Pilot", "info", "beaker"),
    ("Suspended", "bad", "no-symbol"),
    ("Revoked", "bad", "x-circle"),
    ("Paused", "", "pause"),
    ("Draft", "", "pencil"),
    ("Unused", "", "moon"),
    ("Hold", "", "clock"),
    ("Final", "ok", "lock-closed"),
    ("Denied", "bad", "x-circle"),
    ("live", "outline", ""),
]
CALLOUTS = [
    (
        "ok",
        "check-circle",
        "Safe to end: the old secret has been silent for 3 h.",
        "Its longest pause in the last week was 41 min.",
    ),
    ("warn", "exclamation-triangle", "412 requests in the last hour will fail.", "From 3 addresses of Halide & Sons."),
    ("bad", "no-symbol", "Someone changed this meanwhile.", "Dov Hartmann, 2 min ago. Your text is kept below."),
    ("info", "information-circle", "The review window ends on 26 Nov.", ""),
]
KEYS = [
    (
        "render-farm-prod",
        "axk_live_8f3KQ2mZr01B",
        ("Rotating", "warn", "arrow-path", "2 h 14 min left"),
        "4 s ago",
        1_004_221,
        9,
    ),
    ("storyboard-web", "axk_live_Q7h2VdYs0LpM", ("Active", "ok", "check-circle", ""), "1 min ago", 214_870, 6),
    (
        "previz-batch",
        "axk_live_p0Xc5TtRj3Kw",
        ("Active", "ok", "check-circle", "expires in 19 days"),
        "26 min ago",
        96_014,
        4,
    ),
    ("partner-trial", "axk_test_Vm4L8wQz2aUc", ("Unused", "", "moon", "for 94 days"), "94 days ago", 0, 0),
]
METERS = [
    {
        "label": "v2 requests a minute",
        "text": "742 of 900",
        "pct": 83,
        "tone": "warn",
        "notch": 99,
        "note": "7-day peak 900. 212 refused. Set here, SUP-2188",
    },
    {
        "label": "v1 requests a minute",
        "text": "118 of 600",
        "pct": 20,
        "notch": 34,
        "note": "7-day peak 203. From plan Enterprise",
    },
]
STATS = [
    {"label": "Generations this period", "value": "1,318,406", "note": "+9.8% on the same days of October"},
    {"label": "Refused", "value": "0.31%", "note": "212 by the v2 limit, 0 by our capacity"},
    {"label": "Reserved today", "value": "64", "unit": "of 72 units", "note": "3 pools"},
    {"label": "Availability, v2", "value": "99.97%", "note": "objective 99.9%"},
]
FEED = [
    {
        "icon": "arrow-path",
        "text": "Ines Calloway rotated key render-farm-prod, overlap 24 h",
        "note": "yesterday 16:20, SUP-2209",
    },
    {"icon": "arrow-uturn-left", "text": "The raise of v2 to 1,200 a minute ended by itself", "note": "16 Nov 00:00"},
    {
        "icon": "adjustments-horizontal",
        "text": "Ines Calloway raised v2 from 600 to 900 a minute",
        "note": "4 Nov, SUP-2188",
    },
]
DUE = [
    {
        "when": "in 2 h 14 min",
        "tone": "late",
        "icon": "arrow-path",
        "text": "Old secret of render-farm-prod ends, 1 caller still uses it",
        "note": "Halide & Sons. 3 requests an hour from 10.8.4.22",
        "act": "See caller",
        "href": "#due",
    },
    {
        "when": "Wed 25 Nov",
        "tone": "soon",
        "icon": "key",
        "text": "2 keys of Palomar Post expire",
        "note": "previz-batch and grading-room, both used today",
        "act": "Rotate",
        "href": "#due",
    },
]
DIFF = [
    ("overlap", "24 h", "7 days", ""),
    ("state", "active", "paused", "SUP-2205"),
    ("purchase order", "", "PO 44-1180", ""),
]
CHECKS = [
    {"tone": "ok", "icon": "check-circle", "text": "gw-lisbon-1", "note": "confirmed in 0.8 s"},
    {"tone": "warn", "icon": "exclamation-triangle", "text": "gw-oregon-2", "note": "lagging then, 14 s"},
]
STEPS = [
    {"text": "Open", "state": "done"},
    {"text": "Review window", "state": "now", "note": "ends 26 Nov"},
    {"text": "Closing"},
    {"text": "Final"},
]
JOB = {"id": "x1", "title": "Export of 3,412 refusals", "text": "61%", "pct": 61, "note": "You may leave this page."}
COLOURS = [
    *({"cls": f"s{i}", "label": f"series {i}"} for i in range(1, 6)),
    *({"cls": f"heat{i}", "label": f"share {i}"} for i in range(1, 4)),
    {"cls": "refused", "label": "refused"},
]
STATUSES = [("active", "Active"), ("paused", "Paused"), ("revoked", "Revoked")]
TABS = [
    {"label": "Overview", "href": "#tabs"},
    {"label": "Keys", "href": "#tabs", "count": 6},
    {"label": "Usage", "href": "#tabs"},
]
FACTS = [("Actor", "Ines Calloway, Key admin"), ("Proof", "password, 3 min before"), ("Address", "198.51.100.17")]


class SpecimenForm(forms.Form):
    """One field of each shape."""

    name = forms.CharField(label="Name", initial="storyboard-web", help_text="Shown to the customer.")
    slug = forms.SlugField(label="Slug", error_messages={"invalid": "Use lower case letters, digits and hyphens."})
    plan = forms.ChoiceField(
        label="Plan", choices=[("pilot", "Pilot"), ("standard", "Standard"), ("enterprise", "Enterprise")]
    )
    environment = forms.ChoiceField(
        label="Environment", choices=[("live", "Live"), ("test", "Test")], widget=forms.RadioSelect
    )
    versions = forms.MultipleChoiceField(
        label="API versions", choices=[("v1", "v1"), ("v2", "v2")], widget=forms.CheckboxSelectMultiple
    )
    ticket = forms.CharField(label="Ticket", required=False)
    reason = forms.CharField(
        label="Reason", widget=forms.Textarea, error_messages={"required": "Write why, for the audit log."}
    )
    tell = forms.BooleanField(
        label="Tell the technical contact", required=False, help_text="One mail to platform@halide.example"
    )


def form() -> SpecimenForm:
    """A form with answers, two of them wrong."""
    data = {
        "name": "storyboard-web",
        "slug": "not a slug",
        "plan": "standard",
        "environment": "live",
        "versions": ["v2"],
    }
    return SpecimenForm({**data, "ticket": "SUP-2231", "reason": "", "tell": "on"})


def bars(size: str = "short") -> dict[str, Any]:
    """Generations a day by version, with the 14 days before."""
    first = LAST - timedelta(days=len(COUNTS) - 1)
    days = [first + timedelta(days=i) for i in range(len(COUNTS))]
    return {
        "label": "Generations a day, 11 to 24 Nov, by version.",
        "series": [{"cls": "s1", "label": "v2"}, {"cls": "s2", "label": "v1"}],
        "ghost": "the 14 days before, day by day",
        "size": size,
        "every": 3,
        "points": [
            {"x": f"{day.day} {day:%b}", "title": f"{day:%a} {day.day} {day:%b}", "v": [v2, v1], "ghost": before}
            for day, (v2, v1, before) in zip(days, COUNTS, strict=True)
        ],
    }


def limit() -> dict[str, Any]:
    """A limit that was raised, traffic below it, and what it refused."""
    points = []
    for i in range(30):
        day, ceiling = LAST - timedelta(days=29 - i), 600 if i < 9 else 900 if i < 18 else 1200 if i < 21 else 900
        refused = {7: 64, 8: 131, 21: 12, 24: 41, 25: 58, 28: 66, 29: 47}.get(i, 0)
        used = ceiling if refused else min(ceiling, int((380 + 17 * i) * (0.6 if day.weekday() >= 5 else 1)))
        title = f"{day:%a} {day.day} {day:%b}"
        points.append({"x": f"{day.day} {day:%b}", "title": title, "used": used, "limit": ceiling, "refused": refused})
    return {
        "kind": "limit",
        "label": "Limit, busiest minute and refusals a day for v2.",
        "points": points,
        "top": 1600,
        "every": 4,
        "dots": [
            {"at": 9, "value": 900, "label": "600 → 900, SUP-2188"},
            {"at": 18, "value": 1200, "label": "raise for 3 days"},
            {"at": 21, "value": 900, "label": "ended by itself", "dx": 10, "extra": True},
        ],
    }


def pool() -> dict[str, Any]:
    """A pool with two reservations and a hold, over six weeks."""
    reserved = [
        ("Kestrel VFX", 12, 0, 42, False),
        ("Halide & Sons", 8, 0, 22, False),
        ("Northlight Studios", 12, 22, 34, True),
    ]
    bars = [
        {"label": f"{who} · {units}", "tip": f"{who}|{units} of 32 units", "start": start, "end": end, "hold": hold}
        for who, units, start, end, hold in reserved
    ]
    heat = [sum(units for _, units, start, end, _ in reserved if start <= day < end) / 32 for day in range(42)]
    summary = "lisbon-a: " + ", ".join(f"{who}, {units} of 32 units" for who, units, *_ in reserved)
    return {"name": "lisbon-a", "note": "v2, 32 units", "units": 32, "bars": bars, "heat": heat, "summary": summary}


def timeline() -> dict[str, Any]:
    """The pool with the days it is drawn over."""
    first = date(2026, 11, 9)
    days = [first + timedelta(days=i) for i in range(42)]
    return {
        "pool": pool(),
        "days": [f"{day:%a} {day.day} {day:%b}" for day in days],
        "ticks": [(i, f"{days[i].day} {days[i]:%b}") for i in range(0, 42, 7)],
        "today": 15.6,
    }


def spark(level: int) -> list[float]:
    """Three weeks of a level with quiet weekends; nothing at level 0."""
    return [level * (0.55 if i % 7 in (5, 6) else 1) * (1 + i % 3 / 12) for i in range(22)] if level else []
