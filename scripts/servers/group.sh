# MySQL's Group Replication with one primary, and MySQL Router before it.
# shellcheck shell=bash disable=SC2154

group_name=0b5a6c3e-1f0a-4a52-9d5e-1f2b3c4d5e6f

group_address() {
    local port=group_port_$1
    echo "127.0.0.1:${!port}"
}

# The first one begins the group, the others find it. A new primary writes only when it has applied what the old one
# had confirmed. One that does not answer for 5 s is expelled, without further delay. The group alone makes a server
# write: one that could not join would otherwise be left to itself, and write.
start_mysql_member() {
    local number=$1 begins=ON other port seeds=''
    for other in $(members); do
        port=group_port_$other
        # They know each other by these: kept, whoever is away.
        [ -n "${!port}" ] || printf -v "$port" %s "$(free_port '')"
        seeds=$seeds,$(group_address "$other")
        ! runs_member "$other" || begins=OFF
    done
    save_state
    { init_sql; operator_sql; router_sql; } >"$dir/init.sql"
    log_begins=0
    [ ! -f "$dir/database-$number.log" ] || log_begins=$(wc -l <"$dir/database-$number.log")
    # Word splitting is wanted: one word, one option.
    # shellcheck disable=SC2046
    launch_database "database-$number" "$(member_port "$number")" $(member_options "$number") \
        --super-read-only=ON --performance-schema=ON --gtid-mode=ON --enforce-gtid-consistency=ON \
        --report-host=127.0.0.1 --relay-log=relay \
        --plugin-load-add=group_replication.so \
        --group-replication-group-name="$group_name" --group-replication-local-address="$(group_address "$number")" \
        --group-replication-group-seeds="${seeds#,}" --group-replication-ip-allowlist=127.0.0.1 \
        --group-replication-consistency=BEFORE_ON_PRIMARY_FAILOVER --group-replication-member-expel-timeout=0 \
        --group-replication-recovery-get-public-key=ON \
        --group-replication-bootstrap-group="$begins" --group-replication-start-on-boot=ON
}

# There is no client to ask it with, but it says so in its log.
mysql_member_has_joined() {
    local log=$dir/database-$1.log
    ! tail -n "+$((log_begins + 1))" "$log" | grep -q MY-011640 || fail "database-$1 could not join the group; its log is $log"
    tail -n "+$((log_begins + 1))" "$log" | grep -q MY-011490
}

# What Router asks the servers of an InnoDB Cluster for, which mysqlsh would make: here views of what the group itself
# tells. On each server, not replicated.
router_sql() {
    local schema=mysql_innodb_cluster_metadata
    cat <<SQL
CHANGE REPLICATION SOURCE TO SOURCE_USER = 'operator', SOURCE_PASSWORD = '$password' FOR CHANNEL 'group_replication_recovery';
CREATE DATABASE IF NOT EXISTS $schema;
CREATE OR REPLACE SQL SECURITY INVOKER VIEW $schema.schema_version (major, minor, patch) AS SELECT 2, 0, 0;
CREATE OR REPLACE SQL SECURITY INVOKER VIEW $schema.v2_gr_clusters AS SELECT VARIABLE_VALUE AS cluster_id, 'gr' AS cluster_type, 'openrace' AS cluster_name, VARIABLE_VALUE AS group_name FROM performance_schema.global_variables WHERE VARIABLE_NAME = 'group_replication_group_name';
CREATE OR REPLACE SQL SECURITY INVOKER VIEW $schema.v2_instances AS SELECT member_id AS instance_id, cluster_id, member_id AS mysql_server_uuid, member_id AS label, CONCAT(member_host, ':', member_port) AS endpoint, CONCAT(member_host, ':', member_port) AS address, NULL AS xendpoint, CAST('{}' AS JSON) AS attributes FROM performance_schema.replication_group_members JOIN $schema.v2_gr_clusters;
CREATE OR REPLACE SQL SECURITY INVOKER VIEW $schema.v2_this_instance AS SELECT instance_id, cluster_id, cluster_name, cluster_type FROM $schema.v2_gr_clusters JOIN $schema.v2_instances USING (cluster_id) JOIN performance_schema.global_variables ON VARIABLE_NAME = 'server_uuid' AND VARIABLE_VALUE = mysql_server_uuid;
CREATE TABLE IF NOT EXISTS $schema.v2_routers (router_id INT PRIMARY KEY, router_name VARCHAR(255), address VARCHAR(255), version VARCHAR(255), last_check_in TIMESTAMP NULL, attributes JSON, options JSON);
INSERT IGNORE INTO $schema.v2_routers (router_id, router_name, address) VALUES (1, 'openrace', '127.0.0.1');
SQL
}

# Router keeps the password of its user in a file of its own making.
start_mysql_router() {
    local router=$dir/router number servers='' program keyring
    mkdir -p "$router"
    for number in $(members); do servers="$servers, \"mysql://127.0.0.1:$(member_port "$number")\""; done
    cat >"$router/state.json" <<JSON
{"version": "1.0.0", "metadata-cache": {"group-replication-id": "$group_name", "cluster-metadata-servers": [${servers#, }]}}
JSON
    find_router bin/mysqlrouter_keyring
    keyring=("${program[@]}" --master-key-file="$router/master-key")
    "${keyring[@]}" init "$router/keyring"
    "${keyring[@]}" set "$router/keyring" operator password <<<"$password" >/dev/null
    find_router bin/mysqlrouter
    write_router_settings >"$router/router.conf"
    launch router "${program[@]}" -c "$router/router.conf"
}

find_router() {
    if command -v "${1##*/}" >/dev/null; then program=("${1##*/}"); else find_kept mysql-router "$1"; fi
}

write_router_settings() {
    cat <<CONF
[DEFAULT]
name=openrace
logging_folder=
runtime_folder=$dir/router
data_folder=$dir/router
keyring_path=$dir/router/keyring
master_key_path=$dir/router/master-key
dynamic_state=$dir/router/state.json
connect_timeout=1
read_timeout=1
CONF
    [ ! -d "$kept/mysql-router" ] || echo "plugin_folder=$kept/mysql-router/usr/lib/mysqlrouter/plugin"
    cat <<CONF

[logger]
level=INFO

[metadata_cache:openrace]
cluster_type=gr
router_id=1
user=operator
metadata_cluster=openrace
ttl=0.5

[routing:primary]
bind_address=127.0.0.1
bind_port=$database_port
destinations=metadata-cache://openrace/?role=PRIMARY
routing_strategy=first-available
protocol=classic
client_ssl_mode=PASSTHROUGH
server_ssl_mode=AS_CLIENT
CONF
}
