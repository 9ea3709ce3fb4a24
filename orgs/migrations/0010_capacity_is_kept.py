"""What is reserved on each day is written by the database alone, and no more than there is.

A reservation counts on its days up to `released_on`. The application may neither write a pool's days nor delete a
reservation: the functions here run as the owner of the tables.
"""

from django.db import migrations

from audit.guards import protect, revoke

# Days follow each other without a gap, so the last one says how far they reach. The pool's row keeps two makers apart.
ENSURE = """
CREATE FUNCTION orgs_ensure_pool_days(wanted_pool bigint, through date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    newest orgs_poolday;
    added bigint;
BEGIN
    IF through > (now() AT TIME ZONE 'UTC')::date + 1500 THEN
        RAISE EXCEPTION 'no day of a pool is made more than 1500 days ahead' USING ERRCODE = 'check_violation',
            TABLE = 'orgs_poolday', CONSTRAINT = 'days_of_a_pool_are_near';
    END IF;
    PERFORM FROM orgs_poolday WHERE pool_id = wanted_pool AND day = through;
    IF FOUND THEN RETURN 0; END IF;
    PERFORM FROM orgs_capacitypool WHERE id = wanted_pool FOR NO KEY UPDATE;
    SELECT * INTO newest FROM orgs_poolday WHERE pool_id = wanted_pool ORDER BY day DESC LIMIT 1;
    INSERT INTO orgs_poolday (pool_id, day, capacity, reserved)
        SELECT wanted_pool, newest.day + ahead, newest.capacity, 0 FROM generate_series(1, through - newest.day) ahead;
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN added;
END
$$;
"""

SET = """
CREATE FUNCTION orgs_set_pool_capacity(wanted_pool bigint, starts_on date, units integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM orgs_capacitypool WHERE id = wanted_pool FOR NO KEY UPDATE;
    PERFORM FROM orgs_poolday WHERE pool_id = wanted_pool LIMIT 1;
    IF NOT FOUND THEN
        INSERT INTO orgs_poolday (pool_id, day, capacity, reserved) VALUES (wanted_pool, starts_on, units, 0);
        RETURN;
    END IF;
    IF starts_on < (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'what a pool held on a day that has passed stays as it was' USING ERRCODE = 'check_violation',
            TABLE = 'orgs_poolday', CONSTRAINT = 'days_that_have_passed_stay';
    END IF;
    PERFORM orgs_ensure_pool_days(wanted_pool, starts_on);
    PERFORM FROM orgs_poolday WHERE pool_id = wanted_pool AND day >= starts_on ORDER BY day FOR NO KEY UPDATE;
    UPDATE orgs_poolday SET capacity = units WHERE pool_id = wanted_pool AND day >= starts_on AND capacity <> units;
END
$$;
"""

# Old and new days are one list in the order (pool, day), so that two writers never wait for each other in a circle.
RESERVE = """
CREATE FUNCTION orgs_reserve_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    step record;
    held daterange := 'empty';
    wanted daterange := 'empty';
BEGIN
    IF TG_OP <> 'INSERT' THEN held := OLD.days * daterange(NULL, OLD.released_on); END IF;
    IF TG_OP <> 'DELETE' THEN wanted := NEW.days * daterange(NULL, NEW.released_on); END IF;
    IF NOT isempty(wanted) THEN PERFORM orgs_ensure_pool_days(NEW.pool_id, upper(wanted) - 1); END IF;
    FOR step IN
        SELECT moved.pool, moved.day, sum(moved.units) AS units FROM (
            SELECT OLD.pool_id AS pool, lower(held) + ahead AS day, -OLD.units AS units
                FROM generate_series(0, upper(held) - lower(held) - 1) ahead
            UNION ALL
            SELECT NEW.pool_id, lower(wanted) + ahead, NEW.units
                FROM generate_series(0, upper(wanted) - lower(wanted) - 1) ahead
        ) moved GROUP BY moved.pool, moved.day HAVING sum(moved.units) <> 0 ORDER BY moved.pool, moved.day
    LOOP
        UPDATE orgs_poolday SET reserved = reserved + step.units WHERE pool_id = step.pool AND day = step.day;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the pool has no day %', step.day USING ERRCODE = 'check_violation',
                TABLE = TG_TABLE_NAME, CONSTRAINT = 'a_reservation_lies_in_the_days_of_its_pool';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER reserves_days AFTER INSERT OR UPDATE OF pool_id, units, days, released_on OR DELETE ON orgs_reservation
    FOR EACH ROW EXECUTE FUNCTION orgs_reserve_days();
ALTER TABLE orgs_reservation ENABLE ALWAYS TRIGGER reserves_days;
"""

# A day is made by whoever needs it; what it holds is changed by people alone.
GUARD_CAPACITY = """
CREATE CONSTRAINT TRIGGER audited AFTER UPDATE OF capacity ON orgs_poolday DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_guard('SELECT code FROM orgs_capacitypool WHERE id = ($1->>''pool_id'')::bigint');
ALTER TABLE orgs_poolday ENABLE ALWAYS TRIGGER audited;
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0009_capacity"), ("audit", "0003_guard")]
    operations = [
        migrations.RunSQL(ENSURE, "DROP FUNCTION orgs_ensure_pool_days(bigint, date);"),
        migrations.RunSQL(SET, "DROP FUNCTION orgs_set_pool_capacity(bigint, date, integer);"),
        migrations.RunSQL(
            RESERVE, "DROP TRIGGER reserves_days ON orgs_reservation; DROP FUNCTION orgs_reserve_days();"
        ),
        protect("orgs_capacitypool", "SELECT $1->>'code'"),
        protect("orgs_reservation", "SELECT $1->>'uid'"),
        migrations.RunSQL(GUARD_CAPACITY, "DROP TRIGGER audited ON orgs_poolday;"),
        revoke("INSERT, UPDATE, DELETE, TRUNCATE", ["orgs_poolday"]),
        revoke("DELETE, TRUNCATE", ["orgs_capacitypool", "orgs_reservation"]),
    ]
