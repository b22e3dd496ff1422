#!/bin/sh
# environment.py, run by the environment's own Python where there is one, else by the newest here.
here=$(dirname "$0")
if [ -z "$PYTHON" ] && "$here/../.venv/bin/python" -c '' 2>/dev/null; then
    python=$here/../.venv/bin/python
else
    python=$("$here/python.sh") || exit 1
fi
exec "$python" "$here/environment.py" "$@"
