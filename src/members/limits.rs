//! How often somebody may try: counted in Redis for all nodes, or by this node alone while Redis is away.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use redis::{RedisError, Script};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::account::Email;
use crate::keyspace::Keyspace;

/// Tries of one address in a minute.
const PER_ADDRESS: i64 = 20;
const MINUTE: Duration = Duration::from_secs(60);
/// Tries at one account before the next ones have to wait: 1 s, 2 s, 4 s and so on.
const FREE_TRIES: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
const TRIES_COUNT_FOR: Duration = Duration::from_secs(60 * 60);
/// Accounts and addresses that one node remembers by itself.
const REMEMBERED: usize = 100_000;

static ATTEMPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("attempt.lua")));

/// Too many tries; the next one after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tries")]
pub(super) struct TooMany(pub Duration);

/// Counts tries.
#[derive(Clone)]
pub(super) struct Limits {
    keyspace: Keyspace,
    alone: Arc<Mutex<Alone>>,
}

impl Limits {
    /// Counters in this part of Redis.
    pub(super) fn new(keyspace: Keyspace) -> Self {
        Self { keyspace, alone: Arc::default() }
    }

    /// Counts a try from this address.
    pub(super) async fn count_address(&self, address: IpAddr) -> Result<(), TooMany> {
        let key = self.keyspace.key(format_args!("tries:address:{address}"));
        let left = match self.window(&key).await {
            Ok((tries, left)) => (tries > PER_ADDRESS).then_some(left),
            Err(_) => self.alone().count_address(address, Instant::now()),
        };
        left.map_or(Ok(()), |left| Err(TooMany(left)))
    }

    /// Counts a try at this account, whether it exists or not.
    pub(super) async fn count_account(&self, email: &Email) -> Result<(), TooMany> {
        let account = digest(email);
        let wait = match self.attempt(&account).await {
            Ok(wait) => wait,
            Err(_) => self.alone().count_account(account, Instant::now()),
        };
        if wait.is_zero() { Ok(()) } else { Err(TooMany(wait)) }
    }

    /// Forgets the tries at an account, after a right one.
    pub(super) async fn forgive(&self, email: &Email) {
        let account = digest(email);
        let delete = redis::cmd("DEL").arg(&self.keys(&account)).to_owned();
        // Without Redis nothing was counted there.
        let _ = delete.exec_async(&mut self.keyspace.connection.clone()).await;
        self.alone().accounts.remove(&account);
    }

    /// Tries in this minute, and what is left of it.
    async fn window(&self, key: &str) -> Result<(i64, Duration), RedisError> {
        let mut pipeline = redis::pipe();
        pipeline.atomic().cmd("INCR").arg(key);
        pipeline.cmd("PEXPIRE").arg(key).arg(MINUTE.as_millis() as u64).arg("NX").ignore();
        pipeline.cmd("PTTL").arg(key);
        let (tries, left): (i64, i64) = pipeline.query_async(&mut self.keyspace.connection.clone()).await?;
        Ok((tries, milliseconds(left)))
    }

    async fn attempt(&self, account: &str) -> Result<Duration, RedisError> {
        let [tries, wait] = self.keys(account);
        let mut call = ATTEMPT.key(tries);
        call.key(wait).arg(FREE_TRIES).arg(LONGEST_WAIT.as_secs()).arg(TRIES_COUNT_FOR.as_secs());
        Ok(milliseconds(call.invoke_async(&mut self.keyspace.connection.clone()).await?))
    }

    /// One hash tag, so that one script may use both.
    fn keys(&self, account: &str) -> [String; 2] {
        ["tries", "wait"].map(|name| self.keyspace.key(format_args!("account:{{{account}}}:{name}")))
    }

    fn alone(&self) -> std::sync::MutexGuard<'_, Alone> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn milliseconds(number: i64) -> Duration {
    Duration::from_millis(number.max(0).unsigned_abs())
}

/// Redis need not hold addresses of people.
fn digest(email: &Email) -> String {
    let digest = Sha256::digest(email.as_str());
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What one node counts by itself, by the same rules.
#[derive(Default)]
struct Alone {
    addresses: HashMap<IpAddr, (i64, Instant)>,
    accounts: HashMap<String, (u32, Instant)>,
}

impl Alone {
    /// What is left of the minute, if the address has had its tries.
    fn count_address(&mut self, address: IpAddr, now: Instant) -> Option<Duration> {
        make_room(&mut self.addresses);
        let (tries, end) = self.addresses.entry(address).or_insert((0, now + MINUTE));
        if *end <= now {
            (*tries, *end) = (0, now + MINUTE);
        }
        *tries += 1;
        (*tries > PER_ADDRESS).then(|| *end - now)
    }

    /// How long the account has to wait.
    fn count_account(&mut self, account: String, now: Instant) -> Duration {
        make_room(&mut self.accounts);
        let (tries, next) = self.accounts.entry(account).or_insert((0, now));
        if *next > now {
            return *next - now;
        }
        *tries += 1;
        if *tries >= FREE_TRIES {
            let wait = Duration::from_secs(1 << (*tries - FREE_TRIES).min(20));
            *next = now + wait.min(LONGEST_WAIT);
        }
        Duration::ZERO
    }
}

/// Forgetting all is better than growing for ever: then Redis has been away for long.
fn make_room<K, V>(remembered: &mut HashMap<K, V>) {
    if remembered.len() >= REMEMBERED {
        remembered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_twenty_tries_a_minute() {
        let (mut alone, now) = (Alone::default(), Instant::now());
        let address = IpAddr::from([10, 0, 0, 1]);
        assert!((0..20).all(|_| alone.count_address(address, now).is_none()));
        assert_eq!(alone.count_address(address, now), Some(MINUTE));
        assert_eq!(alone.count_address(IpAddr::from([10, 0, 0, 2]), now), None);
        assert_eq!(alone.count_address(address, now + MINUTE), None);
    }

    #[test]
    fn after_five_tries_each_one_waits_twice_as_long() {
        let (mut alone, mut now) = (Alone::default(), Instant::now());
        let mut attempt = |now| alone.count_account("kim".to_owned(), now);
        assert!((0..5).all(|_| attempt(now).is_zero()));
        for seconds in [1, 2, 4, 8] {
            assert_eq!(attempt(now), Duration::from_secs(seconds));
            now += Duration::from_secs(seconds);
            assert!(attempt(now).is_zero());
        }
    }
}
