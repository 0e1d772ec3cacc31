//! Orders of one unit, and the check of the sale when the last has been answered.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    clicks::{Click, Turn},
    progress::Progress,
};
use crate::{
    checker::{Expectation, Sampler, Samples, check, settled},
    engine::{Pace, Timing, Traffic, run},
    http::{Connection, Lost, Reply},
    journal::{Asked, Entry, Journal, Outcome},
    report::Report,
    shop::{Crowd, Sale, SaleClock, Shop},
    tally::Tally,
};

pub(super) const CONFIRMED: &str = "confirmed";
/// Reconciling takes 30 s at most.
const REST: Duration = Duration::from_secs(40);
const SAMPLES: Duration = Duration::from_secs(2);
const BODY: &str = r#"{"count":1}"#;

/// Orders, one after the other of one product after the other.
pub(super) struct Orders {
    crowd: Crowd,
    turn: Turn,
    first: i64,
    /// Beginning of the request for each product.
    targets: Vec<String>,
    /// What the keys of this run have in common, and those of no other.
    keys: Uuid,
    clock: SaleClock,
    journal: Arc<Journal>,
}

impl Traffic for Orders {
    fn request(&self, number: usize, into: &mut Vec<u8>) {
        let Click { member, order, .. } = (self.turn)(number);
        let target = &self.targets[order % self.targets.len()];
        self.crowd.write(member, target, Some((self.key(order), BODY)), into);
    }

    fn answered(&self, number: usize, answer: Result<&Reply<'_>, Lost>, timing: Timing) -> &'static str {
        let Click { member, order, again } = (self.turn)(number);
        let (name, outcome) = match answer {
            Ok(reply) => read(reply, again),
            // The server has not seen it: there is nothing to check.
            Err(Lost::Unsent) => return "unsent",
            Err(Lost::Unanswered) => ("unanswered", Outcome::Unanswered),
        };
        let product = order % self.targets.len();
        self.journal.push(Entry {
            member: Crowd::id(member),
            product: self.first + i64::try_from(product).unwrap_or_default(),
            asked: Asked::Order { quantity: 1, key: Some(self.key(order).to_string().into()) },
            sent: self.clock.millis(timing.sent),
            answered: answer.is_ok().then(|| self.clock.millis(timing.answered)),
            outcome,
        });
        name
    }
}

impl Orders {
    /// Of the form that pages draw theirs in. It ends in random bits, which the number of an order changes.
    fn key(&self, order: usize) -> Uuid {
        Uuid::from_u128(self.keys.as_u128() ^ order as u128)
    }
}

fn read(reply: &Reply<'_>, again: bool) -> (&'static str, Outcome) {
    let code = reply.code();
    let outcome = Outcome::of_order(reply.status, reply.order_no, code);
    let name = match outcome {
        Outcome::Confirmed(_) if again => "confirmed again",
        Outcome::Confirmed(_) => CONFIRMED,
        Outcome::Pending(_) => "pending",
        Outcome::Rejected(_) if again => "refused again",
        _ => code,
    };
    (name, outcome)
}

/// A sale under way, watched from its first order on.
pub(super) struct Selling<'a> {
    shop: &'a Shop,
    products: RangeInclusive<i64>,
    traffic: Arc<Orders>,
    sampler: Sampler,
}

impl<'a> Selling<'a> {
    pub(super) async fn prepare(
        shop: &'a Shop,
        sale: Sale,
        members: usize,
        turn: Turn,
        clock: SaleClock,
    ) -> anyhow::Result<Self> {
        let products = shop.put_on_sale(sale).await?;
        let crowd = shop.gather(members).await?;
        let journal = Arc::new(Journal::default());
        let sampler = Sampler::start(shop.db.clone(), products.clone(), Arc::clone(&journal), SAMPLES);
        let targets = products.clone().map(|product| format!("POST /api/orders/{product}")).collect();
        let traffic =
            Arc::new(Orders { crowd, turn, first: *products.start(), targets, keys: Uuid::now_v7(), clock, journal });
        Ok(Self { shop, products, traffic, sampler })
    }

    /// Orders at this pace, and adds the answers to the report.
    pub(super) async fn sell(&self, connections: Vec<Connection>, start: Instant, pace: Pace, report: &mut Report) {
        let tally = Arc::new(Tally::default());
        let _progress = Progress::show(&report.title, Arc::clone(&tally), CONFIRMED);
        run(connections, start, pace, Arc::clone(&self.traffic), Arc::clone(&tally)).await;
        report.add("orders", &tally.counts(), start.elapsed());
    }

    /// Adds every rule that was broken: `at_rest` those too that hold when all is decided, which is waited for.
    pub(super) async fn check(self, sells_out: bool, at_rest: bool, report: &mut Report) -> anyhow::Result<()> {
        let Self { shop, products, traffic, sampler } = self;
        let Samples { mut violations, taken, last_error, .. } = sampler.finish().await;
        if at_rest {
            settled(&shop.db, &shop.gates, products.clone(), REST).await.context("wait for the sale to settle")?;
        }
        let expectation = Expectation { sells_out, at_rest, all_answered: true, redis_forgot: false };
        violations.extend(check(&shop.db, &shop.gates, products, &traffic.journal, expectation).await?);
        report.tell(&violations);
        if let Some(error) = last_error {
            return Err(error).context("look at the sale while it went on");
        }
        ensure!(taken > 0, "nobody looked at the sale while it went on");
        Ok(())
    }
}
