from django.db import connection


def test_the_suite_runs_as_the_application(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert cursor.fetchone() == ("axis_app", "axis_app")
