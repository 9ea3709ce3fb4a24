"""No change to a key, a secret, a gateway credential, a limit or a pilot commits without its audit event."""

from django.db import migrations

from audit.guards import protect, revoke

ORGANIZATION_OF = "SELECT uid FROM orgs_organization WHERE id = ($1->>'organization_id')::bigint"
KEY_OF = "SELECT uid FROM keys_apikey WHERE id = ($1->>'key_id')::bigint"
PLAN_OF = (
    "SELECT p.code FROM orgs_planversion v JOIN orgs_plan p ON p.id = v.plan_id"
    " WHERE v.id = ($1->>'plan_version_id')::bigint"
)
GATEWAY_OF = "SELECT uid FROM keys_gatewaycredential WHERE id = ($1->>'credential_id')::bigint"


class Migration(migrations.Migration):
    dependencies = [
        ("keys", "0002_plan_limits"),
        ("orgs", "0003_guard"),
        ("audit", "0003_guard"),
    ]
    operations = [
        protect("keys_apikey", "SELECT $1->>'uid'"),
        protect("keys_keysecret", KEY_OF),
        protect("keys_gatewaycredential", "SELECT $1->>'uid'"),
        protect("keys_gatewaysecret", GATEWAY_OF),
        protect("keys_pilot", ORGANIZATION_OF),
        protect(
            "keys_limitrule",
            f"{ORGANIZATION_OF} UNION ALL {KEY_OF} UNION ALL {PLAN_OF}",
        ),
        # A key is revoked, never deleted: its history and its generations outlive it.
        revoke(
            "DELETE, TRUNCATE",
            ["keys_apikey", "keys_keysecret", "keys_gatewaycredential", "keys_gatewaysecret", "keys_limitrule"],
        ),
    ]
