# MariaDB or MySQL ($engine) in $dir: one server, or one of a cluster.
# shellcheck shell=bash disable=SC2154

# shellcheck source=engine.sh
. "$here/servers/engine.sh"

# The engine whose data $dir holds, if there are any.
data_engine() {
    local data
    for data in "$dir/database" "$dir/database-1"; do
        if [ -e "$data/mysql.ibd" ]; then
            echo mysql
        elif [ -d "$data" ]; then
            echo mariadb
        fi
    done
}

# Neither engine can read the other's files.
choose_engine() {
    local data
    data=$(data_engine)
    engine=$(wanted_engine)
    [ -n "$data" ] && [ "$data" != "$engine" ] || return 0
    [ -z "${ENGINE-}" ] || fail "$dir holds data of $(engine_name "$data"): choose another folder, or set ENGINE=$data"
    engine=$data
}

# A quarter of the memory, at most 1 GB: holds the hot pages of 5,000,000 products.
buffer_pool_megabytes() {
    local megabytes
    if [ -r /proc/meminfo ]; then
        megabytes=$(awk '/^MemTotal:/ { print int($2 / 4096) }' /proc/meminfo)
    else
        megabytes=$(($(sysctl -n hw.memsize) / 4194304))
    fi
    echo $((megabytes > 1024 ? 1024 : megabytes))
}

# --force: the machine's name need not resolve. --tmpdir: a server that starts removes what others have in /tmp.
create_mariadb_data() {
    mariadb-install-db --no-defaults --datadir="$1" --tmpdir="${1%.new}-tmp" --skip-test-db --force ${as_root:+"$as_root"} \
        --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)"
}

# Options that MySQL takes only when its data are made.
lasting_options() {
    local option
    for option in ${DATABASE_OPTIONS-}; do
        case $option in --lower[-_]case[-_]table[-_]names=*) echo "$option" ;; esac
    done
}

# MySQL takes seconds for it, so what it made is kept for the next folder. auto.cnf is the
# name of one server: each copy gets its own.
create_mysql_data() {
    local lasting template
    lasting=$(lasting_options)
    template=$kept/mysql-data-$({ "${server_program[@]}" --version; echo "$lasting"; } | cksum | tr ' ' -).tar
    mkdir "$1"
    if [ -f "$template" ]; then
        tar -xf "$template" -C "$1"
        return
    fi
    # shellcheck disable=SC2086 # one word, one option
    "${server_program[@]}" ${as_root:+"$as_root"} --initialize-insecure --datadir="$1" $lasting \
        --loose-innodb-redo-log-capacity=16M --secure-file-priv=NULL || return
    # To keep it only saves time.
    { mkdir -p "$kept" && tar -cf "$template.$$" --exclude auto.cnf -C "$1" . && mv "$template.$$" "$template"; } || true
}

# Made aside and moved, so that an interrupted first start leaves no half-made data folder.
create_data_folder() {
    local fresh="$dir/$1.new"
    rm -rf "$fresh"
    "create_${engine}_data" "$fresh" >"$dir/$1.log" 2>&1 ||
        { tail -n 20 "$dir/$1.log" >&2; fail "cannot create the database files; the log is $dir/$1.log"; }
    mv "$fresh" "$dir/$1"
}

# The rights are global because `sqlx::test` creates one database per test.
init_sql() {
    local user="'openrace'@'127.0.0.1'"
    cat <<SQL
SET sql_log_bin = 0;
CREATE DATABASE IF NOT EXISTS openrace CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS $user;
ALTER USER $user IDENTIFIED BY '$password';
GRANT ALL PRIVILEGES ON *.* TO $user WITH GRANT OPTION;
SQL
}

start_database() {
    init_sql >"$dir/init.sql"
    launch_database database "$database_port" --server-id=1
}

# Starts one server: its name, its port, and its further options. $dir/init.sql is what it reads first.
# `loose-` marks what only one of MariaDB and MySQL, or only newer versions, know.
launch_database() {
    local name=$1 port=$2 as_root='' server_program
    shift 2
    [ "$(id -u)" != 0 ] || as_root=--user=root
    find_server "$engine"
    rm -rf "$dir/$name-tmp" && mkdir "$dir/$name-tmp"
    [ -d "$dir/$name" ] || create_data_folder "$name"
    # MySQL takes the owner of an old socket for alive while it is a zombie, or when another process has its pid.
    rm -f "$dir/$name/server.pid" "$dir/$name/database.sock" "$dir/$name/database.sock.lock"
    local options=(
        --datadir="$dir/$name" --tmpdir="$dir/$name-tmp" --init-file="$dir/init.sql" --pid-file=server.pid
        --bind-address=127.0.0.1 --port="$port" --socket=database.sock --loose-mysqlx=OFF
        --secure-file-priv="$dir/$name-tmp"
        --skip-name-resolve --character-set-server=utf8mb4 --default-time-zone=+00:00
        --max-connections=300 --max-allowed-packet=64M
        --log-bin=binlog --binlog-format=ROW --max-binlog-size=256M --binlog-cache-size=4M
        --innodb-autoinc-lock-mode=2 --innodb-flush-neighbors=0 --innodb-log-buffer-size=64M
    )
    if [ "$scratch" = yes ]; then
        options+=(--innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=0 --sync-binlog=0
            --performance-schema=OFF --loose-binlog-expire-logs-seconds=3600)
    else
        # A large redo log and steady page cleaning let a bulk load run without waiting for checkpoints.
        options+=(--innodb-buffer-pool-size="$(buffer_pool_megabytes)M"
            --innodb-flush-log-at-trx-commit=1 --sync-binlog=1
            --loose-innodb-log-file-size=1G --loose-innodb-redo-log-capacity=1G
            --innodb-io-capacity=2000 --innodb-io-capacity-max=4000
            --loose-binlog-expire-logs-seconds=172800)
    fi
    # shellcheck disable=SC2206 # one word, one option
    options+=("$@" ${DATABASE_OPTIONS-})
    launch "$name" "${server_program[@]}" ${as_root:+"$as_root"} "${options[@]}"
}

database_answers() { server_answers database "$database_port"; }

# Ours writes its pid file when it has the port, and greets when it has read the init file.
server_answers() {
    [ -s "$dir/$1/server.pid" ] && greets "$2"
}

# Needs no client program: a server greets with a 10, which is a newline, and its version.
greets() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$1"
        IFS= read -r -t 5 _ <&3 && IFS= read -r -t 5 -d '' _ <&3
    ) 2>/dev/null
}
