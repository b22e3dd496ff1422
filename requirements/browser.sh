#!/bin/sh
# Sees that there is a chromium for the tests of the page: installs Debian's where that is allowed.
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing chromium for the tests of the page"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core >/dev/null
else
    echo "There is no chromium here: the tests of the page will be skipped. Install it: sudo apt install chromium"
fi
