# Runs a command so that a stop is graceful and leaves nothing behind.
# shellcheck shell=bash

child=''

# The command has its own process group: Ctrl-C reaches only the script, which passes one
# SIGTERM on and waits. A second signal would cut a graceful stop short.
step() {
    local status=0
    set -m
    "$@" </dev/null &
    set +m
    child=$!
    wait "$child" || status=$?
    child=''
    return "$status"
}

# Stops the step that a signal has interrupted, with all its children.
stop_step() {
    [ -n "$child" ] || return 0
    kill -TERM -- "-$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
}
