#!/bin/sh
# The application's login, beside the owner that the image makes. AXIS_APP_PASSWORD stands in postgres.env.
set -eu
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 --set password="$AXIS_APP_PASSWORD" <<'SQL'
CREATE ROLE axis_app LOGIN PASSWORD :'password';
GRANT CONNECT ON DATABASE axis TO axis_app;
SQL
