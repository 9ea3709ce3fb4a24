"""The gateway's contract, written down once more: what the OpenAPI document and the answers are held to."""

from typing import Any

# path, method, scope: of the contract, what is served today
ENDPOINTS = [
    ("/gateway/v1/keys/validate", "post"),
    ("/gateway/v1/generations", "post"),
    ("/gateway/v1/changes", "get"),
    ("/gateway/v1/leaks", "post"),
    ("/gateway/v1/control-totals", "post"),
    ("/gateway/v1/leases/{id}/renew", "post"),
    ("/gateway/v1/leases/{id}", "delete"),
]
# Of these nothing is asked but what their address says.
BODILESS = ["/gateway/v1/changes", "/gateway/v1/leases/{id}/renew", "/gateway/v1/leases/{id}"]
RENEWED_ANSWER: dict[str, Any] = {
    "lease": {"id": "…", "expires_at": "2026-11-22T08:00:00.000Z", "renew_every_s": 40},
}
CHANGES_QUERY = ["after", "limit", "source"]
CHANGES_ANSWER: dict[str, Any] = {
    "changes": [
        {
            "seq": 91,
            "at": "2026-11-22T08:00:00.000Z",
            "kind": "key.revoked",
            "organization": "org_…",
            "public_ids": ["8f3KQ2mZr01B"],
            "version": 813,
        }
    ],
    "next": 91,
    "has_more": False,
}
CHANGE_KINDS = [
    "key.issued", "key.changed", "key.rotated", "key.paused", "key.resumed", "key.revoked", "organization.changed",
    "limits.changed", "plan.changed", "pilot.changed",
]  # fmt: skip

VALIDATE_REQUIRED = ["credential", "organization", "api_version"]
VALIDATE_OPTIONAL = ["client_ip", "user_agent", "idempotency_key", "request_id", "units", "admit", "lease"]

# An answer in which nothing is null, so that every object's fields can be seen.
VALIDATE_ANSWER: dict[str, Any] = {
    "valid": True,
    "code": "VALID",
    "reasons": [],
    "http_status": 200,
    "message": "",
    "decision_id": "…",
    "request_id": "…",
    "organization": {"id": "org_…", "status": "active", "plan": "enterprise"},
    "key": {
        "id": "key_…",
        "public_id": "8f3KQ2mZr01B",
        "name": "prod",
        "environment": "live",
        "api_versions": ["v1", "v2"],
        "expires_at": None,
    },
    "rotation": {"state": "overlap", "ends_at": "2026-11-22T08:00:00.000Z", "successor": "9f3KQ2mZr01B"},
    "service_tier": "dedicated",
    "lease": {"id": "…", "expires_at": "2026-11-22T08:00:00.000Z", "renew_every_s": 40},
    "limits": [
        {
            "name": "v2-minute",
            "scope": "organization",
            "kind": "rate",
            "mode": "block",
            "limit": 120,
            "period_s": 60,
            "burst": 20,
            "remaining": 19,
            "reset_ms": 500,
            "retry_after_ms": 0,
            "source": "plan:enterprise",
        }
    ],
    "violated": [],
    "cause": "customer_limit",
    "retry_after_ms": 0,
    "retryable": True,
    "headers": {"RateLimit-Policy": '"v2-minute";q=120;w=60', "RateLimit": '"v2-minute";r=19;t=1'},
    "degraded": False,
    "cache": {"version": 812, "max_age_s": 30, "stale_if_error_s": 300, "not_after": "2026-11-22T08:00:00.000Z"},
}

# code: (http_status, cause), in the order in which the first failure wins
CODES: dict[str, tuple[int, str | None]] = {
    "MALFORMED": (401, "key"),
    "NOT_FOUND": (401, "key"),
    "REVOKED": (401, "key"),
    "ROTATED_OUT": (401, "key"),
    "PAUSED": (403, "key"),
    "NOT_YET_ACTIVE": (403, "key"),
    "EXPIRED": (401, "key"),
    "ORG_MISMATCH": (403, "policy"),
    "ORG_SUSPENDED": (403, "policy"),
    "ORG_CLOSED": (403, "policy"),
    "PILOT_NOT_STARTED": (403, "policy"),
    "PILOT_ENDED": (403, "policy"),
    "VERSION_NOT_ALLOWED": (403, "policy"),
    "IP_NOT_ALLOWED": (403, "policy"),
    "QUOTA_EXCEEDED": (429, "customer_limit"),
    "RATE_LIMITED": (429, "customer_limit"),
    "CONCURRENCY_LIMITED": (429, "customer_limit"),
    "CAPACITY_EXHAUSTED": (503, "our_capacity"),
    "VALID": (200, None),
}
TIERS = ["dedicated", "shared", "overage", "pilot", "sandbox"]
CAUSES = ["key", "policy", "customer_limit", "our_capacity"]

GENERATION_REQUIRED = ["generation_id", "organization", "key", "api_version", "outcome", "units", "occurred_at"]
GENERATION_OPTIONAL = [
    "duration_ms", "resolution", "aspect_ratio", "request_id", "idempotency_key", "lease", "service_tier",
    "failure_cause", "stages",
]  # fmt: skip
GENERATIONS_ANSWER: dict[str, Any] = {
    "summary": {"accepted": 1, "accepted_late": 0, "duplicate": 0, "conflict": 0, "rejected": 0},
    "results": [
        {
            "index": 0,
            "generation_id": "019a…",
            "status": "accepted",
            "code": "period_final",
            "fields": [],
            "retryable": False,
            "period": "2026-11",
            "received_at": "2026-11-22T08:00:00.000Z",
        }
    ],
}
STATUSES = ["accepted", "accepted_late", "duplicate", "conflict", "rejected"]
GENERATION_CODES = [
    "period_final", "idempotency_replay", "payload_mismatch", "other_organization", "invalid_field", "invalid_id",
    "unknown_organization", "unknown_key", "key_of_other_organization", "invalid_units", "timestamp_too_old",
    "id_time_mismatch", "timestamp_in_future",
]  # fmt: skip
FAILURE_CAUSES = ["engine", "timeout", "content", "client"]
PROBLEM_FIELDS = ["type", "title", "status", "detail", "errors"]

LEAKS_REQUEST = ["source", "url", "text"]
LEAKS_ANSWER: dict[str, Any] = {"results": [{"public_id": "8f3KQ2mZr01B", "status": "flagged"}]}
LEAK_STATUSES = ["revoked", "flagged", "not_ours", "already_dead"]

CONTROL_TOTALS_REQUEST = ["source", "complete_through", "totals"]
CONTROL_TOTAL = ["hour", "organization", "api_version", "succeeded"]
# The contract names no answer: how many were stored, and until when the source is complete.
CONTROL_TOTALS_ANSWER: dict[str, Any] = {"stored": 1, "complete_through": "2026-11-22T08:00:00.000Z"}
