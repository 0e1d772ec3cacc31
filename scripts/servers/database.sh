# MariaDB in $dir (or MySQL, where only that is installed).
# shellcheck shell=bash disable=SC2154

has_mariadb() { command -v mariadbd >/dev/null; }

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

# Made aside and moved, so that an interrupted first start leaves no half-made data folder.
# --force: the machine's name need not resolve.
create_data_folder() {
    local fresh="$dir/database.new"
    rm -rf "$fresh"
    if has_mariadb; then
        mariadb-install-db --no-defaults --datadir="$fresh" --skip-test-db --force ${as_root:+"$as_root"} \
            --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" >"$dir/database.log" 2>&1
    else
        mysqld --no-defaults --initialize-insecure --datadir="$fresh" ${as_root:+"$as_root"} >"$dir/database.log" 2>&1
    fi || { tail -n 20 "$dir/database.log" >&2; fail "cannot create the database files; the log is $dir/database.log"; }
    mv "$fresh" "$dir/database"
}

# The rights are global because `sqlx::test` creates one database per test.
write_init_file() {
    local user="'openrace'@'127.0.0.1'"
    cat >"$dir/init.sql" <<SQL
SET sql_log_bin = 0;
CREATE DATABASE IF NOT EXISTS openrace CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS $user;
ALTER USER $user IDENTIFIED BY '$password';
GRANT ALL PRIVILEGES ON *.* TO $user WITH GRANT OPTION;
SQL
}

# `loose-` marks what only one of MariaDB and MySQL, or only newer versions, know.
start_database() {
    local as_root='' server=mysqld
    [ "$(id -u)" != 0 ] || as_root=--user=root
    ! has_mariadb || server=mariadbd
    [ -d "$dir/database" ] || create_data_folder
    write_init_file
    rm -rf "$dir/tmp" && mkdir "$dir/tmp"
    local options=(
        --datadir="$dir/database" --tmpdir="$dir/tmp" --init-file="$dir/init.sql" --pid-file=mariadbd.pid
        --bind-address=127.0.0.1 --port="$database_port" --socket=database.sock --loose-mysqlx=OFF
        --skip-name-resolve --character-set-server=utf8mb4 --default-time-zone=+00:00
        --max-connections=300 --max-allowed-packet=64M
        --server-id=1 --log-bin=binlog --binlog-format=ROW --max-binlog-size=256M --binlog-cache-size=4M
        --innodb-autoinc-lock-mode=2 --innodb-flush-neighbors=0 --innodb-log-buffer-size=64M
    )
    if [ "$scratch" = yes ]; then
        options+=(--innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=0 --sync-binlog=0
            --loose-binlog-expire-logs-seconds=3600)
    else
        # A large redo log and steady page cleaning let a bulk load run without waiting for checkpoints.
        options+=(--innodb-buffer-pool-size="$(buffer_pool_megabytes)M"
            --innodb-flush-log-at-trx-commit=1 --sync-binlog=1
            --loose-innodb-log-file-size=1G --loose-innodb-redo-log-capacity=1G
            --innodb-io-capacity=2000 --innodb-io-capacity-max=4000
            --loose-binlog-expire-logs-seconds=172800)
    fi
    launch database "$server" --no-defaults ${as_root:+"$as_root"} "${options[@]}"
}

database_answers() {
    local client=mysql
    ! has_mariadb || client=mariadb
    MYSQL_PWD=$password "$client" --no-defaults --protocol=tcp --host=127.0.0.1 --port="$database_port" --user=openrace \
        --execute='SELECT 1' openrace >/dev/null 2>&1
}
