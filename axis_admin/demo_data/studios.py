"""Who the invented customers are: what they pay for, whom we write to, which keys they hold, how much they generate."""

from dataclasses import dataclass
from typing import Literal

Fate = Literal["active", "unused", "rotating", "scheduled", "paused", "expired", "revoked", "later"]

BOTH = ("v1", "v2")


@dataclass(frozen=True)
class KeySketch:
    """A key: in use from so many days ago until so many days ago, with `share` parts of what its studio generates."""

    name: str
    share: float
    since: int
    until: int = 0
    fate: Fate = "active"
    purpose: str = ""
    environment: Literal["live", "test"] = "live"
    versions: tuple[str, ...] = BOTH
    # None: what the plan gives a key for which nobody chose.
    expires_in: int | None = None
    rotate_every: int | None = None
    networks: tuple[str, ...] = ()
    overlap_hours: int = 24
    # How long ago it was rotated, and how long after that its last caller moved to the new secret; None: not yet.
    rotated_hours: int = 20
    straggler_hours: int | None = None
    address: str = "203.0.113.40"
    agent: str = "python-requests/2.32.3"

    @property
    def generates(self) -> bool:
        return self.share > 0 and self.since > self.until


@dataclass(frozen=True)
class PilotSketch:
    """A pilot of 30 days that ends in `left` days: what was agreed on, and what it has to show, a line each."""

    left: int
    cap: int
    lines: str
    v2_a_minute: int | None = None
    running_jobs: int | None = None
    production_plan: Literal["standard", "enterprise"] | None = None
    ticked: int | None = None


@dataclass(frozen=True)
class Studio:
    """A customer of `age` days; `daily` generations on a working day now, `growth` times as many as 13 months ago."""

    name: str
    slug: str
    legal_name: str
    plan: Literal["pilot", "standard", "enterprise"]
    zone: str
    manager: Literal["priya", "joel"]
    age: int
    daily: int
    keys: tuple[KeySketch, ...]
    status: Literal["draft", "active", "suspended", "closed"] = "active"
    status_days: int = 0
    reason: str = ""
    ticket: str = ""
    growth: float = 1.6
    v2_share: float = 0.7
    crm_ref: str = ""
    purchase_order: str = ""
    renewal_in: int | None = None
    notes: str = ""
    # Addresses at the studio's own domain, a kind each.
    contacts: tuple[tuple[str, str, str], ...] = ()
    pilot: PilotSketch | None = None

    @property
    def domain(self) -> str:
        return f"{self.slug}.example"


TEAM = (("technical", "Pipeline team", "pipeline"), ("billing", "Accounts payable", "invoices"))
WITH_SECURITY = (*TEAM, ("security", "Security desk", "security"))
NODE = "axios/1.8.4 node/22.14"
GO = "Go-http-client/2.0"
BLENDER = "studio-bridge/3.2 (Blender 4.4)"
FARM = ("203.0.113.0/24", "2001:db8:4:200::/56")

STUDIOS = (
    Studio(
        "Kestrel VFX", "kestrel", "Kestrel Visual Effects Ltd", "enterprise", "Europe/London", "priya",
        age=420, daily=465, growth=1.9, v2_share=0.82, crm_ref="CRM-10418", purchase_order="PO-77120", renewal_in=148,
        notes="Delivers two series at once; renders through the night before each review.", contacts=WITH_SECURITY,
        keys=(
            KeySketch("render-farm-prod", 6, since=410, expires_in=320, agent=GO, networks=FARM),
            KeySketch("storyboard-web", 2, since=280, expires_in=450, rotate_every=365, agent=NODE),
            KeySketch("lookdev", 2, since=190, fate="rotating", expires_in=540, agent=BLENDER),
            KeySketch("integration-tests", 0.4, since=400, environment="test", expires_in=330, agent="pytest-httpx"),
        ),
    ),
    Studio(
        "Vantage Motion", "vantage", "Vantage Motion SAS", "standard", "Europe/Paris", "joel",
        age=405, daily=80, growth=1.3, v2_share=0.55, crm_ref="CRM-10452", renewal_in=39, contacts=TEAM,
        keys=(
            KeySketch("campaigns", 3, since=300, expires_in=65, address="198.51.100.21", agent=NODE),
            KeySketch("campaigns-before", 3, since=400, until=300, fate="expired", expires_in=60, agent=NODE),
            KeySketch("previews", 1, since=120, fate="scheduled", versions=("v1",), expires_in=245, agent=NODE),
        ),
    ),
    Studio(
        "Halide & Sons", "halide", "Halide and Sons, Lda.", "enterprise", "Europe/Lisbon", "priya",
        age=415, daily=195, growth=1.7, crm_ref="CRM-10397", purchase_order="PO-2231", renewal_in=210,
        notes="Family company; the founder reads the monthly brief himself.", contacts=WITH_SECURITY,
        keys=(
            KeySketch(
                "render-farm-prod", 5, since=405, fate="rotating", overlap_hours=168, rotated_hours=140,
                straggler_hours=26, expires_in=325, agent=GO,
            ),
            KeySketch("storyboard-web", 2, since=330, expires_in=400, address="203.0.113.90", agent=NODE),
            KeySketch("previz-batch", 1, since=240, expires_in=19, agent=BLENDER),
            KeySketch("mobile-review", 0.3, since=150, until=3, fate="paused", purpose="Review app, tablets"),
            KeySketch("partner-trial", 0, since=94, fate="unused", environment="test", expires_in=271),
            KeySketch("importer", 1, since=405, until=100, fate="revoked", agent="importer/1.4"),
        ),
    ),
    Studio(
        "Palomar Post", "palomar", "Palomar Post Production Inc.", "enterprise", "America/Los_Angeles", "joel",
        age=430, daily=290, growth=1.5, v2_share=0.76, crm_ref="CRM-10371", purchase_order="PP-4410", renewal_in=95,
        contacts=WITH_SECURITY,
        keys=(
            KeySketch("grading-room", 4, since=420, expires_in=310, rotate_every=400, address="192.0.2.14", agent=GO),
            KeySketch("previz-batch", 3, since=364, expires_in=2, address="192.0.2.15", agent=BLENDER),
            KeySketch("season-two", 0, since=1, fate="later", purpose="Starts in two weeks", expires_in=400),
        ),
    ),
    Studio(
        "Tessera Advertising", "tessera", "Tessera Advertising GmbH", "pilot", "Europe/Berlin", "priya",
        age=27, daily=55, growth=1.0, crm_ref="CRM-10533", contacts=TEAM,
        pilot=PilotSketch(
            6, 1_250, "1,000 generations\np95 under 12 s\n20 key visuals in the client's own review tool",
            v2_a_minute=45, running_jobs=4, ticked=3,
        ),
        notes="Found us at a trade fair; decides before the autumn campaign.",
        keys=(KeySketch("pilot", 1, since=23, expires_in=6, address="198.51.100.77", agent=NODE),),
    ),
    Studio(
        "Second Unit", "second-unit", "Second Unit KK", "standard", "Asia/Tokyo", "joel",
        age=400, daily=70, growth=1.2, v2_share=0.5, crm_ref="CRM-10466", renewal_in=12, contacts=TEAM,
        keys=(
            KeySketch("production", 3, since=310, expires_in=55, address="192.0.2.90", agent=GO),
            KeySketch("production-before", 3, since=395, until=310, fate="revoked", agent=GO),
        ),
    ),
    Studio(
        "Oriole Animation", "oriole", "Oriole Animation ULC", "enterprise", "America/Toronto", "priya",
        age=390, daily=170, growth=2.1, v2_share=0.88, crm_ref="CRM-10489", purchase_order="OA-0093", renewal_in=266,
        contacts=WITH_SECURITY,
        keys=(
            KeySketch("backgrounds", 4, since=385, expires_in=345, address="203.0.113.201", agent=GO),
            KeySketch("turnarounds", 2, since=210, expires_in=520, address="203.0.113.202", agent=BLENDER),
            KeySketch("nightly-tests", 0.3, since=200, environment="test", expires_in=160, agent="pytest-httpx"),
        ),
    ),
    Studio(
        "Northlight Studios", "northlight", "Northlight Studios AB", "enterprise", "Europe/Stockholm", "joel",
        age=410, daily=315, growth=1.4, v2_share=0.66, crm_ref="CRM-10402", purchase_order="NL-1187", renewal_in=180,
        contacts=WITH_SECURITY,
        keys=(
            KeySketch("matte-paintings", 5, since=400, expires_in=330, address="198.51.100.140", agent=GO),
            KeySketch("concept-tool", 2, since=160, expires_in=570, address="198.51.100.141", agent=NODE),
        ),
    ),
    Studio(
        "Bramble & Finch", "bramble", "Bramble and Finch Ltd", "pilot", "Europe/Dublin", "joel",
        age=5, daily=20, growth=1.0, crm_ref="CRM-10540", contacts=WITH_SECURITY,
        pilot=PilotSketch(
            25, 2_000, "500 generations\n98 % succeed\nThe art director keeps the look from shot to shot",
            running_jobs=2, production_plan="standard",
        ),
        keys=(KeySketch("trial", 1, since=3, expires_in=27, address="198.51.100.9", agent=NODE),),
    ),
    Studio(
        "Lanternhouse", "lanternhouse", "Lanternhouse Pvt. Ltd.", "standard", "Asia/Kolkata", "priya",
        age=400, daily=45, growth=0.6, v2_share=0.4, crm_ref="CRM-10431", contacts=TEAM,
        status="closed", status_days=70, reason="Merged into another studio, contract ended", ticket="SUP-2107",
        keys=(KeySketch("production", 1, since=320, until=70, expires_in=45, agent=NODE),),
    ),
    Studio(
        "Ostrava Film Lab", "ostrava", "Ostrava Film Lab s.r.o.", "standard", "Europe/Prague", "joel",
        age=260, daily=35, growth=1.1, v2_share=0.45, crm_ref="CRM-10477", contacts=TEAM,
        status="suspended", status_days=4, reason="Three invoices are unpaid", ticket="SUP-2219",
        keys=(KeySketch("restoration", 1, since=250, until=4, expires_in=115, agent="curl/8.9.1"),),
    ),
    Studio(
        "Marlowe Pictures", "marlowe", "Marlowe Pictures LLC", "enterprise", "America/New_York", "priya",
        age=9, daily=0, crm_ref="CRM-10544", contacts=TEAM[:1], status="draft", keys=(),
        notes="Contract is being signed; wants to start with v2 alone.",
    ),
)  # fmt: skip
