//! Everything at once, as a seed has it.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use openrace_load::journal::Outcome;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::sleep;

use crate::{
    kills::POINTS,
    shopper::{Shoppers, Wanted},
    stage::{Plan, Sale, Stage, Wire},
};

/// One thing that goes wrong, and when, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Mishap {
    after: u64,
    node: usize,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    KillNode,
    NodeDiesAt(&'static str, u8),
    KillDatabase,
    KillRedis,
    EmptyRedis,
    CopyRedis,
    SetRedisBack,
    DeadRedisWire,
    DeadMysqlWire,
    SlowRedisWire,
    SlowMysqlWire,
    CutMysqlWire,
    CutRedisWire,
    SwallowCommit,
    SoundWires,
}

fn draw_mishap(rng: &mut impl Rng) -> Mishap {
    let what = match rng.random_range(0..24) {
        0..3 => What::KillNode,
        3..7 => What::NodeDiesAt(POINTS[rng.random_range(0..POINTS.len() as u32) as usize], rng.random_range(1..6)),
        7..9 => What::KillDatabase,
        9..11 => What::KillRedis,
        11 => What::EmptyRedis,
        12..14 => What::CopyRedis,
        14 => What::SetRedisBack,
        15 => What::DeadRedisWire,
        16 => What::DeadMysqlWire,
        17 => What::SlowRedisWire,
        18 => What::SlowMysqlWire,
        19 => What::CutMysqlWire,
        20 => What::CutRedisWire,
        21..23 => What::SwallowCommit,
        _ => What::SoundWires,
    };
    Mishap { after: rng.random_range(50..900), node: rng.random_range(0..2_u32) as usize, what }
}

impl Stage {
    async fn suffer(&self, mishap: Mishap) {
        sleep(Duration::from_millis(mishap.after)).await;
        let node = &self.nodes[mishap.node];
        match mishap.what {
            What::KillNode => {
                node.kill();
                node.start_again(&self.services, Plan::default());
            }
            What::NodeDiesAt(point, time) => {
                node.kill();
                let fail_point = format!("{point}:{time}");
                node.start_again(&self.services, Plan { fail_point: Some(&fail_point), ..Plan::default() });
            }
            What::KillDatabase => {
                self.services.kill("database").await;
                self.services.up().await;
            }
            What::KillRedis => {
                self.services.kill("redis").await;
                self.services.up().await;
            }
            What::EmptyRedis => {
                // It may be away.
                let _ = self.empty_redis().await;
            }
            What::CopyRedis => self.services.copy_redis(),
            What::SetRedisBack => {
                self.services.kill("redis").await;
                self.set_redis_back();
                self.services.up().await;
            }
            What::DeadRedisWire => node.redis.set(Wire::Dead),
            What::DeadMysqlWire => node.mysql.set(Wire::Dead),
            What::SlowRedisWire => node.redis.set(Wire::Slow(Duration::from_millis(100))),
            What::SlowMysqlWire => node.mysql.set(Wire::Slow(Duration::from_millis(40))),
            What::CutMysqlWire => node.mysql.cut(),
            What::CutRedisWire => node.redis.cut(),
            What::SwallowCommit => node.mysql.swallow_next_commit(),
            What::SoundWires => {
                for wire in [&node.mysql, &node.redis] {
                    wire.set(Wire::Sound);
                }
            }
        }
    }
}

/// One shopper of a seed.
#[derive(Debug, Clone)]
struct Visit {
    after: u64,
    node: usize,
    wanted: Wanted,
    hang_up: Option<Duration>,
    cancels: bool,
}

fn draw_visits(rng: &mut impl Rng, product: i64, total: i32, limited: bool, cancels: bool) -> Vec<Visit> {
    let visits = i64::from(total) * 2;
    (0..visits)
        .map(|number| {
            let member = if limited { rng.random_range(1..=visits / 3) } else { number };
            let wanted = Wanted { quantity: rng.random_range(1..=3), ..Wanted::one(member, product) };
            Visit {
                after: rng.random_range(0..3500),
                node: rng.random_range(0..2_u32) as usize,
                wanted: if rng.random_bool(0.8) { wanted.with_key() } else { wanted },
                hang_up: rng.random_bool(0.15).then(|| Duration::from_millis(rng.random_range(1..20))),
                cancels: cancels && rng.random_bool(0.2),
            }
        })
        .collect()
}

async fn visit(shoppers: Shoppers, visit: Visit) {
    sleep(Duration::from_millis(visit.after)).await;
    let outcome = shoppers.insist(visit.node, &visit.wanted, visit.hang_up).await;
    if let (Outcome::Confirmed(number), true) = (outcome, visit.cancels) {
        shoppers.cancel(visit.node, &visit.wanted, number).await;
    }
}

/// Runs one seed, and asserts every rule.
async fn run(shoppers: &Shoppers, seed: u64) {
    let stage = &shoppers.stage;
    stage.clear();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let limited = rng.random_bool(0.4);
    let cancels = rng.random_bool(0.3);
    let total = rng.random_range(30..300);
    let product = stage.put_on_sale(Sale { limit: limited.then_some(3), ..Sale::of(total) }).await;
    let mishaps: Vec<_> = (0..rng.random_range(3..8)).map(|_| draw_mishap(&mut rng)).collect();
    let visits = draw_visits(&mut rng, product, total, limited, cancels);
    println!("again: make test-faults FIRST_SEED={seed} SEEDS=1");
    println!("seed {seed}: {total} units, {} visits, limited {limited}, cancels {cancels}, {mishaps:?}", visits.len());
    let suffer = async {
        for mishap in mishaps {
            stage.suffer(mishap).await;
        }
        stage.heal().await;
    };
    let visits = visits.into_iter().map(|one| visit(shoppers.clone(), one));
    stage.watched(async { tokio::join!(suffer, join_all(visits)) }).await;
    stage.heal().await;
    match cancels {
        true => shoppers.come_to_rest().await,
        false => shoppers.buy_up().await,
    }
}

#[allow(clippy::disallowed_methods, reason = "make test-faults tells it so")]
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_seed_breaks_a_rule() {
    let shoppers = Shoppers::on(Arc::new(Stage::set().await));
    each_seed(async |seed| run(&shoppers, seed).await).await;
}

/// Whether somebody has the time for the long form.
pub fn is_long() -> bool {
    setting("SEEDS", 4) >= 100
}

/// Plays the seeds that are asked for; a few if none are.
pub async fn each_seed(mut play: impl AsyncFnMut(u64)) {
    let (first, seeds) = (setting("FIRST_SEED", 1), setting("SEEDS", 4));
    for seed in first..first + seeds {
        play(seed).await;
    }
}
