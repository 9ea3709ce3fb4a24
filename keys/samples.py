"""The request that a customer tries first, as the API's own document has it. Pure."""

import shlex

BODY = """{
    "prompt": "Product hero on marble surface, soft key light",
    "aspectRatio": "16:9",
    "resolution": "2K"
  }"""
# What stands in for the credential, which is never part of a text that is kept or copied with others.
PLACEHOLDER = "YOUR_API_KEY"


def headers(organization_uid: str) -> list[tuple[str, str]]:
    """Return the headers that every call carries, with what belongs into each."""
    return [
        ("Authorization", f"Bearer {PLACEHOLDER}"),
        ("X-External-Org-Id", organization_uid),
        ("Idempotency-Key", "$(uuidgen)"),
        ("Content-Type", "application/json"),
    ]


def curl(api_url: str, *, api_version: str, organization_uid: str) -> str:
    """Return a call of one version that a shell runs once the placeholder is replaced."""
    lines = [f"curl -X POST {shlex.quote(f'{api_url}/{api_version}/generate-image')}"]
    lines += [f'-H "{name}: {value}"' for name, value in headers(organization_uid)]
    return " \\\n  ".join([*lines, f"-d '{BODY}'"])
