#!/bin/sh
# Runs mypy and the unit tests on each Python from 3.11 to 3.13 that is here (on the path or from pyenv),
# but for the one of .venv, each in an environment of its own under build/.
set -e
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/matchcast
mkdir -p "$cache"
version='import sys; print("%d.%d" % sys.version_info[:2])'
tested=$(.venv/bin/python -c "$version")
for python in python3.11 python3.12 python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[123].*/bin/python; do
    found=$("$python" -c "$version" 2>/dev/null) || continue
    case " $tested " in *" $found "*) continue ;; esac
    tested="$tested $found"
    folder=build/python$found
    .venv/bin/python requirements/environment.py dev --folder "$folder" --python "$python"
    echo "Types and unit tests on Python $found"
    "$folder/bin/python" -m mypy --cache-dir "$cache/mypy"  # some locked packages differ by Python
    "$folder/bin/python" -m pytest -q -n 2 --dist loadfile -p no:cacheprovider tests/unit
done
