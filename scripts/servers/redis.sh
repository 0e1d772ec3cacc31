# Redis in $dir.
# shellcheck shell=bash disable=SC2154

# Redis is one program that looks at the name it is called by. The link gives it the
# right name where only redis-tools is installed, and shows our folder in its command line.
start_redis() {
    local program fsync=everysec
    program=$(command -v redis-server || command -v redis-check-rdb)
    [ "$scratch" = no ] || fsync=no
    mkdir -p "$dir/redis"
    ln -sf "$program" "$dir/redis-server"
    cat >"$dir/redis.conf" <<CONF
bind 127.0.0.1
port $redis_port
requirepass $password
dir "$dir/redis"
save ""
appendonly yes
appendfsync $fsync
maxmemory-policy noeviction
CONF
    launch redis "$dir/redis-server" "$dir/redis.conf"
}

redis_answers() {
    [ "$(REDISCLI_AUTH=$password redis-cli -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null)" = PONG ]
}
