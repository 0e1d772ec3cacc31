# A cluster of $engine in $dir, and what leads to its primary: MySQL's Group Replication behind MySQL Router, or a MariaDB
# and its replica behind HAProxy. A server that was killed comes back as a replica. A cluster that has stopped as a whole
# stays so: it is for tests, and who of them has the newest data is not found out here.
# shellcheck shell=bash disable=SC2154

# shellcheck source=group.sh
. "$here/servers/group.sh"
# shellcheck source=replica.sh
. "$here/servers/replica.sh"

# Kept, like those of the other servers.
cluster_ports='member_port_1 member_port_2 member_port_3 group_port_1 group_port_2 group_port_3'

members() {
    case $engine in mysql) echo 1 2 3 ;; *) echo 1 2 ;; esac
}

member_port() {
    local port=member_port_$1
    echo "${!port}"
}

runs_member() { pid_of "database-$1" >/dev/null; }

# Who sees to the cluster: the servers obey it, the router looks through its eyes.
operator_sql() {
    cat <<SQL
CREATE USER IF NOT EXISTS 'operator'@'127.0.0.1';
ALTER USER 'operator'@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL PRIVILEGES ON *.* TO 'operator'@'127.0.0.1' WITH GRANT OPTION;
SQL
}

# A small one of many on one machine, by its id. What is confirmed is in several processes, and the system keeps what a killed
# one has written: no write waits for the disk, so that a new replica catches up soon.
member_options() {
    echo "--server-id=$1" --innodb-flush-log-at-trx-commit=2 --sync-binlog=0 --innodb-buffer-pool-size=128M --loose-innodb-log-file-size=64M --loose-innodb-redo-log-capacity=64M
}

ensure_member() {
    local number=$1 port=member_port_$1
    runs_member "$number" && return
    printf -v "$port" %s "$(free_port "${!port}")"
    save_state
    "start_${engine}_member" "$number"
    wait_for "database-$number" server_answers "database-$number" "${!port}"
    wait_for "database-$number" "${engine}_member_has_joined" "$number"
}

refuse_stopped_cluster() {
    local number
    [ -d "$dir/database-1" ] || return 0
    for number in $(members); do
        ! runs_member "$number" || return 0
    done
    fail "the cluster of $dir has stopped as a whole, and is not started again: choose another folder"
}

ensure_cluster() {
    local number
    refuse_stopped_cluster
    ENGINE=$engine "$here/install-programs" database router
    for number in $(members); do ensure_member "$number"; done
    if ! pid_of router >/dev/null; then
        database_port=$(free_port "$database_port")
        save_state
        "start_${engine}_router"
    fi
    wait_for router greets "$database_port"
    database_address=$(database_url)
}

# Each server, as its operator reaches it; on one line.
member_urls() {
    local number urls=''
    for number in $(members); do urls="$urls mysql://operator:$password@127.0.0.1:$(member_port "$number")/openrace"; done
    echo "${urls# }"
}
