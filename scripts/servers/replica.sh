# A MariaDB and its replica, and HAProxy before them.
# shellcheck shell=bash disable=SC2154

ask_member() {
    MYSQL_PWD=$password mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port="$(member_port "$1")" \
        --user=operator --connect-timeout=1 --skip-column-names --execute="$2" 2>/dev/null
}

# Prints who writes, if anybody else does.
other_primary() {
    local other
    for other in $(members); do
        [ "$other" != "$1" ] && runs_member "$other" && [ "$(ask_member "$other" "SELECT CAST(@@read_only AS CHAR) IN ('0', 'OFF')")" = 1 ] || continue
        echo "$other"
        return
    done
}

# The first one writes. Any other follows, and begins anew: a primary that comes back may have kept a row that it lost from
# its log, even with --init-rpl-role=SLAVE. Hence also a new id each time: a server skips in a log what it wrote itself. What
# the primary confirms is in the replica's log, however long that takes. A replica must not wait likewise for one of its
# own, or it applies nothing.
start_mariadb_member() {
    local number=$1 primary only_reads=OFF waits=ON
    primary=$(other_primary "$number")
    { init_sql; operator_sql; echo "REVOKE READ_ONLY ADMIN, SUPER ON *.* FROM 'openrace'@'127.0.0.1';"; } >"$dir/init.sql"
    if [ -n "$primary" ]; then
        only_reads=ON waits=OFF
        rm -rf "$dir/database-$number"
        follow_sql "$primary" >>"$dir/init.sql"
    elif [ -d "$dir/database-1" ]; then
        fail 'nobody writes: make the other server the primary first'
    fi
    # Word splitting is wanted: one word, one option.
    # shellcheck disable=SC2046
    launch_database "database-$number" "$(member_port "$number")" $(member_options "$$$number") \
        --log-slave-updates --gtid-strict-mode=ON --skip-slave-start --relay-log=relay --report-host=127.0.0.1 \
        --read-only="$only_reads" --rpl-semi-sync-master-enabled="$waits" --rpl-semi-sync-slave-enabled=ON \
        --rpl-semi-sync-master-wait-point=AFTER_SYNC --rpl-semi-sync-master-timeout=3600000
}

follow_sql() {
    cat <<SQL
CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = $(member_port "$1"), MASTER_USER = 'operator', MASTER_PASSWORD = '$password', MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos;
START SLAVE;
SQL
}

# From then on its primary confirms only what the replica has too, whatever was said while there was none.
mariadb_member_has_joined() {
    local primary
    primary=$(other_primary "$1")
    [ -n "$primary" ] || return 0
    [ "$(ask_member "$1" "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_slave_status'")" = "Rpl_semi_sync_slave_status	ON" ] &&
        ask_member "$primary" 'SET GLOBAL rpl_semi_sync_master_enabled = ON'
}

# A server is up when it writes; sessions with one that does not are ended. A check that takes longer than until the next
# one has failed, and on a busy machine one may.
start_mariadb_router() {
    local program number
    mkdir -p "$dir/router"
    cat >"$dir/router/is-writable" <<CHECK
#!/usr/bin/env bash
# HAProxy calls this with its own address and port, then those of the server.
[ "\$(MYSQL_PWD='$password' mariadb --no-defaults --protocol=tcp --host="\$3" --port="\$4" --user=operator \\
    --skip-column-names --execute="SELECT CAST(@@read_only AS CHAR) IN ('0', 'OFF')")" = 1 ]
CHECK
    chmod +x "$dir/router/is-writable"
    cat >"$dir/router/haproxy.cfg" <<CONF
global
    external-check
    insecure-fork-wanted
defaults
    mode tcp
    timeout connect 1s
    timeout client 1h
    timeout server 1h
listen primary
    bind 127.0.0.1:$database_port
    balance first
    option external-check
    external-check path "$PATH"
    external-check command "$dir/router/is-writable"
    default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
CONF
    for number in $(members); do
        echo "    server database-$number 127.0.0.1:$(member_port "$number")" >>"$dir/router/haproxy.cfg"
    done
    if command -v haproxy >/dev/null; then program=(haproxy); else find_kept haproxy sbin/haproxy; fi
    launch router "${program[@]}" -db -f "$dir/router/haproxy.cfg"
}
