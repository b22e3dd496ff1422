#!/bin/sh
# Installs Debian's packages for some tests where that is allowed, else says what is skipped:
# install_for_tests.sh "the tests of …" PACKAGE…
tests=$1
shift
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing $1 for $tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "$@" >/dev/null
else
    echo "There is no $1 here: $tests will be skipped. Install it: sudo apt install $1"
fi
