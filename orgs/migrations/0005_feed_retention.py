"""What the feed has told is kept for seven days, and for no less: the application cannot take it away by itself."""

from django.db import migrations

FORGET = """
CREATE FUNCTION orgs_forget_changes() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    -- The last change stays, so that the head is never without one.
    WITH gone AS (
        DELETE FROM orgs_change WHERE at < now() - interval '7 days' AND seq < (SELECT max(seq) FROM orgs_change)
        RETURNING seq
    ) SELECT count(*) FROM gone
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0004_texts_are_checked")]
    operations = [migrations.RunSQL(FORGET, "DROP FUNCTION orgs_forget_changes();")]
