# Runs a command so that a stop is graceful and leaves nothing behind.
# shellcheck shell=bash

child=''
# Where its process group is noted, so that the guard of the services can end it when the script is killed.
step_file=/dev/null

# The command has its own process group: Ctrl-C reaches only the script, which passes one
# SIGTERM on and waits. A second signal would cut a graceful stop short.
step() {
    local status=0
    set -m
    "$@" </dev/null &
    set +m
    child=$!
    echo "$child" >"$step_file"
    wait "$child" || status=$?
    # What a killed child of it has left behind.
    kill -TERM -- "-$child" 2>/dev/null || true
    child=''
    : >"$step_file"
    return "$status"
}

# Stops the step that a signal has interrupted, with all its children.
stop_step() {
    [ -n "$child" ] || return 0
    kill -TERM -- "-$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
    : >"$step_file"
}
