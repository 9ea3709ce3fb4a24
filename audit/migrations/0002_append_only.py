"""Nobody changes or removes an event: the application has no right to, and triggers refuse the owner too."""

from django.db import migrations

# The application's login has no fixed name here: whoever is not the owner keeps SELECT and INSERT of what they had.
RIGHTS = """
DO $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
        FROM pg_class, aclexplode(relacl) AS acl
        WHERE pg_class.oid = 'audit_event'::regclass AND acl.grantee <> relowner
    LOOP
        EXECUTE format('REVOKE ALL ON audit_event FROM %s', grantee);
        IF grantee <> 'PUBLIC' THEN
            EXECUTE format('GRANT SELECT, INSERT ON audit_event TO %s', grantee);
        END IF;
    END LOOP;
END
$$;
"""

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only: % refused', TG_OP USING ERRCODE = 'AX001';
END
$$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_change;
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_truncate;
"""

ALLOW = """
DROP TRIGGER audit_no_truncate ON audit_event;
DROP TRIGGER audit_no_change ON audit_event;
DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_event")]
    operations = [
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
