//! A cluster as its operator sees it, and what befalls it.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row, mysql::MySqlConnectOptions};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    stage::{Proxy, Services, Wire},
    wait::{PATIENCE, until},
};

/// Why another server becomes the primary, or the same one again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failover {
    /// `kill -9` of the primary.
    Kill,
    /// The operator lets the primary only read, and then write again.
    Maintenance,
    /// The others do not hear from the primary, which lives.
    Cut,
    /// The operator makes another server the primary.
    Switch,
}

pub struct Cluster<'a> {
    services: &'a Services,
    mariadb: bool,
}

impl<'a> Cluster<'a> {
    pub async fn of(services: &'a Services) -> Self {
        let mut cluster = Self { services, mariadb: false };
        let version: String = cluster.ask(0, "SELECT VERSION()").await.unwrap();
        cluster.mariadb = version.contains("MariaDB");
        cluster
    }

    /// Goes through it; answers when some server wrote again.
    pub async fn suffer(&self, failover: Failover) -> Instant {
        let old = self.primary().await;
        let new = (old + 1) % self.services.members.len();
        match (failover, self.mariadb) {
            (Failover::Maintenance, _) => return self.maintain(old).await,
            (Failover::Kill, false) => self.services.kill(&name(old)).await,
            (Failover::Kill, true) => {
                self.services.kill(&name(old)).await;
                self.promote(new).await;
            }
            (Failover::Cut, false) => assert!(self.services.signal(&name(old), "-STOP")),
            (Failover::Cut, true) => self.cut_replica(old, new).await,
            (Failover::Switch, false) => {
                let uuid: String = self.ask(new, "SELECT @@server_uuid").await.unwrap();
                self.tell(old, &format!("DO (SELECT group_replication_set_as_primary('{uuid}'))")).await;
            }
            (Failover::Switch, true) => self.switch(old, new).await,
        }
        self.until_another_writes(old).await
    }

    /// Every server is back, and what is confirmed is on more than one of them.
    pub async fn heal(&self) {
        for member in 0..self.services.members.len() {
            self.services.signal(&name(member), "-CONT");
        }
        self.services.up().await;
        let (whole, count) = match self.mariadb {
            true => (
                "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS \
                      WHERE VARIABLE_NAME = 'RPL_SEMI_SYNC_MASTER_CLIENTS'",
                "1",
            ),
            false => (
                "SELECT CAST(COUNT(*) AS CHAR) FROM performance_schema.replication_group_members \
                       WHERE MEMBER_STATE = 'ONLINE'",
                "3",
            ),
        };
        until("the cluster is whole", async || {
            let primary = self.primary().await;
            self.ask::<String>(primary, whole).await.is_ok_and(|found| found == count)
        })
        .await;
        if self.mariadb {
            let primary = self.primary().await;
            self.until_applied(primary, 1 - primary).await;
        }
    }

    /// The one server that writes.
    pub async fn primary(&self) -> usize {
        let mut found = None;
        until("one server writes", async || {
            let mut writers = Vec::new();
            for member in 0..self.services.members.len() {
                if self.writes(member).await {
                    writers.push(member);
                }
            }
            found = writers.first().copied();
            writers.len() == 1
        })
        .await;
        found.unwrap()
    }

    async fn until_another_writes(&self, old: usize) -> Instant {
        until("another server writes", async || {
            for member in (0..self.services.members.len()).filter(|member| *member != old) {
                if self.writes(member).await {
                    return true;
                }
            }
            false
        })
        .await;
        Instant::now()
    }

    async fn writes(&self, member: usize) -> bool {
        self.ask::<i64>(member, "SELECT CAST(@@read_only AS SIGNED)").await.is_ok_and(|only_reads| only_reads == 0)
    }

    async fn maintain(&self, primary: usize) -> Instant {
        let setting = if self.mariadb { "read_only" } else { "super_read_only" };
        self.tell(primary, &format!("SET GLOBAL {setting} = ON")).await;
        // How long it takes is the fault.
        sleep(Duration::from_secs(2)).await;
        self.tell(primary, "SET GLOBAL read_only = OFF").await;
        Instant::now()
    }

    /// The replica hears nothing. The operator, who must not have two primaries, ends the old one before there is a new one.
    async fn cut_replica(&self, old: usize, new: usize) {
        let wire = Proxy::to(([127, 0, 0, 1], self.options(old).get_port()).into()).await;
        self.stop_replica(new).await;
        self.tell(new, &format!("CHANGE MASTER TO MASTER_PORT = {}; START SLAVE", wire.address.port())).await;
        self.until_applied(old, new).await;
        wire.set(Wire::Dead);
        // How long nobody knows of it is the fault.
        sleep(Duration::from_secs(3)).await;
        self.services.kill(&name(old)).await;
        self.promote(new).await;
    }

    /// There is nobody who could acknowledge a commit until the old one is back.
    async fn promote(&self, replica: usize) {
        self.stop_replica(replica).await;
        self.tell(replica, "RESET SLAVE ALL; SET GLOBAL rpl_semi_sync_master_enabled = OFF").await;
        self.tell(replica, "SET GLOBAL read_only = OFF").await;
    }

    /// First all is applied that it has received, and so acknowledged: CHANGE MASTER and a start throw it away.
    async fn stop_replica(&self, replica: usize) {
        self.tell(replica, "STOP SLAVE IO_THREAD").await;
        until("it has applied what it received", async || {
            let mut connection = self.connect(replica).await.unwrap();
            let row = sqlx::raw_sql("SHOW SLAVE STATUS").fetch_one(&mut connection).await.unwrap();
            let state: Option<String> = row.get("Slave_SQL_Running_State");
            state.is_some_and(|state| state.starts_with("Slave has read all relay log"))
        })
        .await;
        self.tell(replica, "STOP SLAVE").await;
    }

    /// Waits until a replica has what its primary has confirmed.
    async fn until_applied(&self, primary: usize, replica: usize) {
        let position: String = self.ask(primary, "SELECT @@gtid_binlog_pos").await.unwrap();
        let applied: i64 = self.ask(replica, &format!("SELECT MASTER_GTID_WAIT('{position}', 40)")).await.unwrap();
        assert_eq!(applied, 0, "the replica has applied all");
    }

    async fn switch(&self, old: usize, new: usize) {
        self.tell(old, "SET GLOBAL read_only = ON").await;
        self.until_applied(old, new).await;
        self.tell(new, "STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = OFF").await;
        let (options, password) = (self.options(new), self.password());
        let follow = format!(
            "SET GLOBAL rpl_semi_sync_master_enabled = OFF; CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {}, \
             MASTER_USER = 'operator', MASTER_PASSWORD = '{password}', MASTER_CONNECT_RETRY = 1, \
             MASTER_USE_GTID = slave_pos, MASTER_DEMOTE_TO_SLAVE = 1; START SLAVE",
            options.get_port()
        );
        self.tell(old, &follow).await;
        self.tell(new, "SET GLOBAL rpl_semi_sync_master_enabled = ON").await;
    }

    async fn ask<T>(&self, member: usize, sql: &str) -> Result<T, sqlx::Error>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::MySql> + sqlx::Type<sqlx::MySql> + Send + Unpin,
    {
        let ask = async {
            let mut connection = self.connect(member).await?;
            sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await?.try_get(0)
        };
        timeout(PATIENCE, ask).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    async fn tell(&self, member: usize, sql: &str) {
        let mut connection = self.connect(member).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    }

    /// A server that is stopped takes connections, and answers none.
    async fn connect(&self, member: usize) -> Result<MySqlConnection, sqlx::Error> {
        let options = self.options(member);
        timeout(Duration::from_secs(1), MySqlConnection::connect_with(&options))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    fn options(&self, member: usize) -> MySqlConnectOptions {
        self.services.members[member].parse().unwrap()
    }

    fn password(&self) -> String {
        let url = &self.services.members[0];
        let (_, rest) = url.split_once("operator:").unwrap();
        rest.split_once('@').unwrap().0.to_owned()
    }
}

fn name(member: usize) -> String {
    format!("database-{}", member + 1)
}
