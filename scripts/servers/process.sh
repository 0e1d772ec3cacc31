# Starting, recognising and stopping the processes of one folder ($dir).
# shellcheck shell=bash disable=SC2154

command_line() {
    if [ -d /proc/self ]; then
        tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true
    else
        ps -ww -o args= -p "$1" || true
    fi
}

# Whether the owner that a file names still runs this script. Pids repeat: a stale file may name
# somebody else's process and, in a restarted container, even ourselves.
runs_script() {
    local pid=${1:-none} script=$2
    [ "$pid" != $$ ] || return 1
    case "$(command_line "$pid") " in
        *bash\ *"$script "*) true ;;
        *) false ;;
    esac
}

# A stale pid file may point at a process of somebody else: only a command line that
# names our folder is ours.
is_ours() {
    case $(command_line "$1") in
        *"$dir/"*) true ;;
        *) false ;;
    esac
}

# Whether it is a zombie, and has so many threads: -le 1, -gt 1.
is_zombie() {
    local state threads
    # Fields 3 and 20; the name, in brackets, may hold blanks.
    read -r state threads < <(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '{ print $1, $18 }') || return 1
    [ "$state" = Z ] && [ "$threads" "$2" "$3" ]
}

# Where nobody reaps orphans, as in some containers, a zombie stays.
has_ended() { ! kill -0 "$1" 2>/dev/null || is_zombie "$1" -le 1; }

# Prints the pid while the server runs. One that was just killed has its files and ports until its last thread has ended.
pid_of() {
    local pid
    pid=$(cat "$dir/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
    while is_zombie "$pid" -gt 1; do sleep 0.05; done
    is_ours "$pid" && echo "$pid"
}

# An own process group: Ctrl-C in the terminal must not reach the server before its users have stopped.
launch() {
    local name=$1
    shift
    set -m
    (trap '' HUP && exec "$@") </dev/null >>"$dir/$name.log" 2>&1 &
    set +m
    launched="$launched $name"
    echo $! >"$dir/$name.pid"
}

# Waits until a command succeeds that asks a server. Recovery after a crash in the middle of a large load may take minutes.
wait_for() {
    local name=$1 pid deadline=$((SECONDS + 600))
    shift
    pid=$(cat "$dir/$name.pid")
    until "$@"; do
        if has_ended "$pid"; then
            tail -n 20 "$dir/$name.log" >&2
            fail "$name did not start; its log is $dir/$name.log"
        fi
        [ "$SECONDS" -lt "$deadline" ] || fail "$name does not answer; its log is $dir/$name.log"
        sleep 0.1
    done
}

stop() {
    local name pid pids='' deadline=$((SECONDS + 120))
    for name in "$@"; do
        if pid=$(pid_of "$name"); then
            pids="$pids $pid"
            kill -TERM "$pid" 2>/dev/null || true
        fi
    done
    for pid in $pids; do
        until has_ended "$pid"; do
            [ "$SECONDS" -lt "$deadline" ] || fail "process $pid does not stop"
            sleep 0.1
        done
    done
    for name in "$@"; do rm -f "$dir/$name.pid"; done
}
