#!/bin/sh
# Prints the newest Python here that Matchcast runs on and that can make environments; otherwise
# says in a sentence what to install. PYTHON=… in the environment wins.
usable='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
without_venv=
for python in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    "$python" -c "$usable" 2>/dev/null || continue
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        command -v "$python"
        exit 0
    fi
    without_venv=${without_venv:-$python}
done
if [ -n "$without_venv" ]; then
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "✘ Python $version is here, but not its venv module, which makes environments." >&2
    echo "Try: sudo apt install python$version-venv   (on Debian and Ubuntu)" >&2
elif [ -n "$PYTHON" ]; then
    echo "✘ $PYTHON is not a Python that Matchcast runs on: 3.11, 3.12 or 3.13." >&2
    echo "Try: make up PYTHON=/path/to/python3.12" >&2
else
    found=$(python3 -c 'import sys; print("only Python %d.%d" % sys.version_info[:2])' 2>/dev/null || echo "no Python")
    echo "✘ Matchcast runs on Python 3.11, 3.12 or 3.13; there is $found here." >&2
    echo "Try: install one of them, or name one: make up PYTHON=/path/to/python3.12" >&2
fi
exit 1
