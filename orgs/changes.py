"""The change feed: a change to an organization, its keys, limits, plan or pilot raises its version and is announced."""

from collections.abc import Sequence

from django.db import connection

from orgs.models import Organization

# One row carries the sequence. The last statement of the transaction updates it, and it stays locked until the commit,
# so numbers come in commit order and without holes. The organization's row is always locked before it, never after.
_ANNOUNCE = """
WITH raised AS (
    UPDATE orgs_organization SET version = version + 1 WHERE id = %(organization)s RETURNING version
), head AS (
    INSERT INTO orgs_changehead AS head (id, seq) SELECT 1, 1 FROM raised
    ON CONFLICT (id) DO UPDATE SET seq = head.seq + 1 RETURNING seq
)
INSERT INTO orgs_change (seq, at, kind, organization_id, public_ids, version)
SELECT head.seq, clock_timestamp(), %(kind)s, %(organization)s, %(public_ids)s::varchar(12)[], raised.version
FROM raised, head RETURNING version
"""


def announce(*, organization: Organization, kind: str, public_ids: Sequence[str] = ()) -> int:
    """Raise the organization's version and append the change to the feed; the last statement of an action.

    Returns the new version, which the given object carries afterwards.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ANNOUNCE,
            {
                "organization": organization.pk,
                "kind": kind,
                "public_ids": list(public_ids),
            },
        )
        row = cursor.fetchone()
    if row is None:
        raise Organization.DoesNotExist(f"no organization with key {organization.pk}")
    organization.version = row[0]
    return organization.version
