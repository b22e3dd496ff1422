#!/bin/sh
# Runs tflint: that of the path, else one that is built once, with Go, into the cache folder.
version=v0.64.0
if command -v tflint >/dev/null; then exec tflint "$@"; fi
folder=${XDG_CACHE_HOME:-$HOME/.cache}/matchcast/tools/tflint-$version
if [ ! -x "$folder/tflint" ]; then
    if ! command -v go >/dev/null; then
        echo "✘ There is neither tflint nor Go, which builds it." >&2
        echo "Try: install one of them; go.dev and github.com/terraform-linters/tflint say how" >&2
        exit 1
    fi
    echo "Building tflint $version, which takes some minutes once" >&2
    GOBIN=$folder go install "github.com/terraform-linters/tflint@$version" || exit 1
fi
exec "$folder/tflint" "$@"
