#!/bin/sh
# Runs a tool of Go's: that of the path, else one that is built once, with the locked Go, into the cache folder:
# go_tool.sh PACKAGE VERSION ARGUMENT…
package=$1 version=$2
shift 2
tool=$(basename "$package")
if command -v "$tool" >/dev/null; then exec "$tool" "$@"; fi
folder=${XDG_CACHE_HOME:-$HOME/.cache}/matchcast/tools/$tool-$version
if [ ! -x "$folder/$tool" ]; then
    echo "Building $tool $version, which is done once" >&2
    GOBIN=$folder GOTOOLCHAIN=local "$(dirname "$0")/../.venv-ansible/bin/go" install "$package@$version" || exit 1
fi
exec "$folder/$tool" "$@"
