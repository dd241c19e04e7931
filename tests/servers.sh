#!/usr/bin/env bash
# What the tests need besides Python: PostgreSQL and Redis come as wheels, RabbitMQ and a browser do not.
set -euo pipefail

have_broker() {
    [ -n "${POSTROOM_TEST_BROKER_URL:-}" ] && return
    docker info >/dev/null 2>&1 && return
    PATH="$PATH:/usr/sbin:/usr/lib/rabbitmq/bin" command -v rabbitmq-server >/dev/null
}

have_browser() {
    if [ -n "${POSTROOM_TEST_CHROMIUM:-}" ]; then
        [ -x "$POSTROOM_TEST_CHROMIUM" ]
    else
        command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null
    fi
}

# Debian would start the broker at its default port; the tests start one of their own.
install_without_starting() {
    local refuse=/usr/sbin/policy-rc.d
    if [ ! -e "$refuse" ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$refuse"
        chmod 755 "$refuse"
    fi
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

missing() {
    have_broker || echo rabbitmq-server
    have_browser || echo chromium
}

wanted=$(missing)
[ -z "$wanted" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "tests: installing" $wanted
    install_without_starting $wanted
    [ -z "$(missing)" ] && exit 0
fi

if ! have_broker; then
    echo "tests: no RabbitMQ. One of these helps:" >&2
    echo "  - install it: apt-get install rabbitmq-server, or brew install rabbitmq" >&2
    echo "  - start a Docker engine" >&2
    echo "  - set POSTROOM_TEST_BROKER_URL, and POSTROOM_TEST_BROKER_API_URL unless its management API is at port 15672" >&2
fi
if ! have_browser; then
    echo "tests: no Chromium, in which hostile mail is shown. One of these helps:" >&2
    echo "  - install it: apt-get install chromium, or brew install --cask chromium" >&2
    echo "  - set POSTROOM_TEST_CHROMIUM to its program" >&2
fi
exit 1
