#!/bin/sh
# Sees that there is a PostgreSQL for the tests of Airflow. They run a server of their own: none needs to run.
if command -v initdb >/dev/null; then exit 0; fi
for initdb in /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$initdb" ]; then exit 0; fi
done
exec "$(dirname "$0")/install_for_tests.sh" "the tests of Airflow on it" postgresql
