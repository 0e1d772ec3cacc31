//! What is searched for: popular and rising keywords, and those that find nothing.
//!
//! Counted here, added up in Redis every few seconds for all servers together. Counts that are lost when a server dies are
//! not missed.

use std::{
    collections::HashMap,
    mem::take,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openrace_index::PopularQueries;
use redis::{RedisError, pipe};
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};

use crate::{app::App, keyspace::Keyspace};

/// Time between two sums in Redis.
const PACE: Duration = Duration::from_secs(2);
/// Keywords that are told apart between two sums; more are not counted.
const MOST_COUNTED: usize = 10_000;
/// Keywords of which Redis keeps the count, of each day and hour.
const MOST_KEPT: isize = 10_000;
/// Longer keywords are nobody else's.
const LONGEST: usize = 50;
/// Keywords that are suggested or told of.
const MOST_POPULAR: isize = 1_000;
const MOST_TOLD: usize = 50;
/// One shopper alone makes nothing popular.
const LEAST_TIMES: u32 = 3;
const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

/// Keywords since the last sum.
#[derive(Default)]
pub struct Searches(Mutex<HashMap<String, Times>>);

#[derive(Default, Clone, Copy)]
struct Times {
    found: u32,
    missed: u32,
}

/// A keyword and how often it was searched for.
#[derive(Debug, Serialize)]
struct Counted {
    keyword: String,
    times: u32,
}

/// What operators see.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchReport {
    /// Today and yesterday, the most frequent first.
    popular: Vec<Counted>,
    /// More frequent this hour than the hour before, the steepest first.
    rising: Vec<Counted>,
    /// Found nothing, today and yesterday, the most frequent first.
    without_result: Vec<Counted>,
}

impl Searches {
    /// Counts a search.
    pub fn count(&self, keyword: &str, found: bool) {
        let keyword = keyword.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if keyword.is_empty() || keyword.chars().count() > LONGEST {
            return;
        }
        let mut counted = self.lock();
        if counted.len() >= MOST_COUNTED && !counted.contains_key(&keyword) {
            return;
        }
        let times = counted.entry(keyword).or_default();
        match found {
            true => times.found += 1,
            false => times.missed += 1,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Times>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what was counted since to Redis. What Redis does not take is forgotten.
    async fn sum(&self, redis: &Keyspace, now: i64) -> Result<(), RedisError> {
        let counted = take(&mut *self.lock());
        if counted.is_empty() {
            return Ok(());
        }
        let (day, hour, misses) = (day_key(redis, now), hour_key(redis, now), misses_key(redis, now));
        let mut sums = pipe();
        for (keyword, Times { found, missed }) in counted {
            if found > 0 {
                sums.zincr(&day, &keyword, found).ignore().zincr(&hour, &keyword, found).ignore();
            }
            if missed > 0 {
                sums.zincr(&misses, &keyword, missed).ignore();
            }
        }
        for (key, keep) in [(&day, 2 * DAY), (&hour, 2 * HOUR), (&misses, 2 * DAY)] {
            sums.zremrangebyrank(key, 0, -MOST_KEPT - 1).ignore().expire(key, keep / 1000).ignore();
        }
        sums.exec_async(&mut redis.connection.clone()).await
    }
}

fn day_key(redis: &Keyspace, at: i64) -> String {
    redis.key(format_args!("searches:day:{}", at / DAY))
}

fn hour_key(redis: &Keyspace, at: i64) -> String {
    redis.key(format_args!("searches:hour:{}", at / HOUR))
}

fn misses_key(redis: &Keyspace, at: i64) -> String {
    redis.key(format_args!("searches:misses:{}", at / DAY))
}

/// The counts of these keys together, the greatest first.
async fn sums(redis: &Keyspace, keys: &[String]) -> Result<Vec<Counted>, RedisError> {
    let mut ask = pipe();
    for key in keys {
        ask.zrevrange_withscores(key, 0, MOST_POPULAR - 1);
    }
    let parts: Vec<Vec<(String, f64)>> = ask.query_async(&mut redis.connection.clone()).await?;
    let mut sums: HashMap<String, u32> = HashMap::new();
    for (keyword, times) in parts.into_iter().flatten() {
        *sums.entry(keyword).or_default() += times as u32;
    }
    let mut sums: Vec<Counted> = sums.into_iter().map(|(keyword, times)| Counted { keyword, times }).collect();
    sums.sort_unstable_by(|a, b| b.times.cmp(&a.times).then_with(|| a.keyword.cmp(&b.keyword)));
    Ok(sums)
}

async fn popular(redis: &Keyspace, now: i64) -> Result<Vec<Counted>, RedisError> {
    sums(redis, &[day_key(redis, now), day_key(redis, now - DAY)]).await
}

/// What operators see at the moment `now`.
pub async fn report(redis: &Keyspace, now: i64) -> Result<SearchReport, RedisError> {
    let before: HashMap<String, u32> = sums(redis, &[hour_key(redis, now - HOUR)])
        .await?
        .into_iter()
        .map(|counted| (counted.keyword, counted.times))
        .collect();
    let steepness = |counted: &Counted| {
        let before = before.get(&counted.keyword).copied().unwrap_or(0);
        f64::from(counted.times) / f64::from(before + LEAST_TIMES)
    };
    let mut rising = sums(redis, &[hour_key(redis, now)]).await?;
    rising.retain(|counted| counted.times >= LEAST_TIMES && steepness(counted) > 1.0);
    rising.sort_by(|a, b| steepness(b).total_cmp(&steepness(a)));
    let mut popular = popular(redis, now).await?;
    let mut without_result = sums(redis, &[misses_key(redis, now), misses_key(redis, now - DAY)]).await?;
    for list in [&mut popular, &mut rising, &mut without_result] {
        list.truncate(MOST_TOLD);
    }
    Ok(SearchReport { popular, rising, without_result })
}

/// Sums up what was searched for, and has suggestions know what is popular, until cancelled.
pub async fn keep_popular(app: Arc<App>) {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while app.tasks.stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let now = app.clock.now();
        let done = async {
            app.searches.sum(&app.redis, now).await?;
            let popular = popular(&app.redis, now).await?;
            let popular = popular.iter().filter(|counted| counted.times >= LEAST_TIMES);
            let popular = popular.map(|counted| (counted.keyword.as_str(), counted.times));
            app.catalogue.popular(PopularQueries::new(popular));
            Ok::<_, RedisError>(())
        };
        if let Err(error) = done.await {
            tracing::debug!(%error, "what was searched for could not be summed up");
        }
    }
}
