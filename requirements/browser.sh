#!/bin/sh
# Sees that there is a chromium for the tests of the page.
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
exec "$(dirname "$0")/install_for_tests.sh" "the tests of the page" chromium fonts-dejavu-core
