# Which database is meant, MariaDB or MySQL, and where its server program is.
# shellcheck shell=bash disable=SC2034

# Servers are not on every user's PATH.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Programs that the machine has not: unpacked once, for every clone.
kept=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/openrace

has_mariadb() { command -v mariadbd >/dev/null; }

# MariaDB's packages have a mysqld too.
has_mysql() {
    command -v mysqld >/dev/null || return 1
    case $(mysqld --version 2>/dev/null) in
        '' | *MariaDB*) false ;;
        *) true ;;
    esac
}

keeps() { [ -x "$kept/$1/usr/$2" ]; }

# Prints what ENGINE asks for. Otherwise MariaDB, unless MySQL is there and MariaDB is not.
wanted_engine() {
    case ${ENGINE-} in
        mariadb | mysql) echo "$ENGINE" ;;
        '') if ! has_mariadb && has_mysql; then echo mysql; else echo mariadb; fi ;;
        *)
            echo "openrace: ENGINE=$ENGINE is unknown; set it to mariadb or mysql, or to nothing for mariadb" >&2
            exit 1
            ;;
    esac
}

engine_name() {
    case $1 in mysql) echo MySQL ;; *) echo MariaDB ;; esac
}

# What stands before a cluster of the engine.
wanted_router() {
    case $(wanted_engine) in mysql) echo mysqlrouter ;; *) echo haproxy ;; esac
}

# Sets `program` to the command of a kept program. It brings its C library along, newer than the machine's, and must
# be started by that library's own loader.
find_kept() {
    local root=$kept/$1 loader libraries
    loader=$(echo "$root"/usr/lib/*/ld-linux-*.so.*)
    libraries=${loader%/*}:$root/usr/lib/mysql/private:$root/usr/lib/mysql-router
    program=("$loader" --library-path "$libraries" "$root/usr/$2")
}

# Sets `server_program` to the command of the engine's server.
find_server() {
    local root=$kept/mysql program
    case $1 in
        mariadb) server_program=(mariadbd --no-defaults) ;;
        mysql)
            if has_mysql; then
                server_program=(mysqld --no-defaults)
            else
                find_kept mysql sbin/mysqld
                server_program=("${program[@]}" --no-defaults --basedir="$root/usr" --plugin-dir="$root/usr/lib/mysql/plugin")
            fi
            ;;
    esac
}
