use openrace::database::MIGRATIONS;
use redis::{AsyncCommands, aio::MultiplexedConnection};
use uuid::Uuid;

use std::{sync::Arc, time::Duration};

use super::*;
use crate::journal::{Asked, Entry, Outcome};

const PRODUCT: i64 = 42;
/// 2026-11-22 00:00 UTC.
const OPEN_AT: i64 = 1_795_305_600_000;
const AT_REST: Expectation = Expectation { sells_out: false, at_rest: true, all_answered: true, redis_forgot: false };

/// A sale of 10 units, at most 3 for a member, on a day of its own.
struct Shop {
    db: MySqlPool,
    gates: Gates,
    redis: MultiplexedConnection,
    journal: Journal,
}

impl Shop {
    async fn open(db: MySqlPool) -> Self {
        let statements = [
            "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (42, 'shoe', '', 1000, 'm', 'c')",
            "INSERT INTO stock (product_id, total, remaining, open_at, close_at, per_member_limit) \
             VALUES (42, 10, 10, '2026-11-22', '2026-11-23', 3)",
        ];
        let url = redis_url();
        let gates = Gates::new(&url, &prefix(&db)).unwrap();
        let redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
        let shop = Self { gates, redis, db, journal: Journal::default() };
        for statement in statements {
            shop.sql(statement).await;
        }
        shop.set_gate(10).await;
        shop
    }

    async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.db).await.unwrap();
    }

    async fn set_gate(&self, free: i64) {
        let gate = self.gates.key(PRODUCT, "gate");
        let () = self.redis.clone().hset(gate, "free", free).await.unwrap();
    }

    /// An order in MySQL, taken off the stock and the gate.
    async fn sell(&self, order_no: Uuid, member: i64, quantity: i64) {
        sqlx::query(
            "INSERT INTO orders (order_no, member_id, product_id, quantity, unit_price, status, admitted_at) \
             VALUES (?, ?, 42, ?, 1000, 'CONFIRMED', '2026-11-22 00:00:01')",
        )
        .bind(&order_no.as_bytes()[..])
        .bind(member)
        .bind(quantity)
        .execute(&self.db)
        .await
        .unwrap();
        self.sql("UPDATE stock SET remaining = total - (SELECT SUM(quantity) FROM orders WHERE status = 'CONFIRMED')")
            .await;
        let gate = self.gates.key(PRODUCT, "gate");
        let () = self.redis.clone().hincr(gate, "free", -quantity).await.unwrap();
    }

    fn told(&self, member: i64, quantity: i64, key: Option<&str>, outcome: Outcome) {
        let asked = Asked::Order { quantity, key: key.map(Into::into) };
        self.journal.push(entry(member, asked, outcome));
    }

    fn cancelled(&self, order_no: Uuid, outcome: Outcome) {
        self.journal.push(entry(1, Asked::Cancel(order_no), outcome));
    }

    /// A confirmed order of member 1, in MySQL and in the journal.
    async fn order(&self) -> Uuid {
        let order_no = Uuid::now_v7();
        self.sell(order_no, 1, 2).await;
        self.told(1, 2, None, Outcome::Confirmed(order_no));
        order_no
    }

    async fn check(&self, expectation: Expectation) -> Vec<Violation> {
        check(&self.db, &self.gates, PRODUCT..=PRODUCT, &self.journal, expectation).await.unwrap()
    }

    async fn broken(&self, expectation: Expectation) -> Vec<Invariant> {
        self.check(expectation).await.into_iter().map(|violation| violation.invariant).collect()
    }
}

fn entry(member: i64, asked: Asked, outcome: Outcome) -> Entry {
    Entry { member, product: PRODUCT, asked, sent: OPEN_AT + 900, answered: Some(OPEN_AT + 1100), outcome }
}

#[allow(clippy::disallowed_methods, reason = "scripts/test tells it so")]
fn redis_url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL is set: run the tests with `make test`")
}

/// Named by the test's own database.
fn prefix(db: &MySqlPool) -> String {
    format!("{}:", db.connect_options().get_database().unwrap())
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn a_sale_that_kept_every_rule_has_no_violation(db: MySqlPool) {
    let shop = Shop::open(db).await;
    let order_no = shop.order().await;
    shop.told(1, 2, None, Outcome::Rejected("limit_reached".into()));
    shop.told(2, 1, None, Outcome::TurnedAway("overloaded".into()));
    shop.sell(Uuid::now_v7(), 3, 1).await;
    shop.told(3, 1, Some("k"), Outcome::Unanswered);
    shop.told(3, 1, Some("k"), Outcome::TurnedAway("overloaded".into()));
    assert_eq!(shop.check(Expectation { all_answered: false, ..AT_REST }).await, []);
    shop.sql("UPDATE orders SET status = 'CANCELLED' WHERE member_id = 1").await;
    shop.sql("UPDATE stock SET remaining = remaining + 2").await;
    shop.set_gate(9).await;
    shop.cancelled(order_no, Outcome::Cancelled);
    shop.cancelled(order_no, Outcome::Rejected("not_found".into()));
    assert_eq!(shop.check(Expectation { all_answered: false, ..AT_REST }).await, []);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i1_units_that_vanish_are_told_with_their_numbers(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.order().await;
    shop.sql("UPDATE stock SET remaining = 7").await;
    let violations = shop.check(Expectation::default()).await;
    let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["I1 product 42: total 10, remaining 7, sold 2"]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i1_is_sampled_while_a_run_goes_on(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.sql("UPDATE stock SET remaining = 9").await;
    let journal = Arc::new(Journal::default());
    let period = Duration::from_secs(3600);
    let sampler = Sampler::start(shop.db.clone(), PRODUCT..=PRODUCT, Arc::clone(&journal), period);
    let samples = sampler.finish().await;
    assert_eq!((samples.taken, samples.missed), (1, 0));
    assert_eq!(samples.violations[0].to_string(), "I1 product 42: while it sold: total 10, remaining 9, sold 0");
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn a_sample_that_mysql_does_not_answer_is_missed(db: MySqlPool) {
    db.close().await;
    let sampler = Sampler::start(db, PRODUCT..=PRODUCT, Arc::default(), Duration::from_secs(3600));
    let samples = sampler.finish().await;
    assert_eq!((samples.taken, samples.missed), (0, 1));
    assert!(matches!(samples.last_error, Some(sqlx::Error::PoolClosed)));
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i2_a_confirmed_order_without_a_row_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.told(1, 2, None, Outcome::Confirmed(Uuid::now_v7()));
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I2]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i2_a_confirmed_order_that_is_taken_back_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    let order_no = shop.order().await;
    shop.sql("UPDATE orders SET status = 'CANCELLED'").await;
    shop.sql("UPDATE stock SET remaining = total").await;
    assert_eq!(shop.broken(Expectation::default()).await, [Invariant::I2]);
    shop.cancelled(order_no, Outcome::Cancelled);
    assert_eq!(shop.broken(Expectation::default()).await, []);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i3_units_lost_at_the_gate_and_undecided_orders_are_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.set_gate(9).await;
    let intents = shop.gates.key(PRODUCT, "intents");
    let _: String = shop.redis.clone().xadd(intents, "*", &[("member", 1)]).await.unwrap();
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I3, Invariant::I3]);
    assert_eq!(shop.broken(Expectation::default()).await, []);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i3_an_open_sale_without_a_gate_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    let () = shop.redis.clone().del(shop.gates.key(PRODUCT, "gate")).await.unwrap();
    assert_eq!(shop.broken(AT_REST).await, []);
    shop.sql("UPDATE stock SET open_at = UTC_TIMESTAMP(3), close_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR").await;
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I3]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i4_two_orders_for_one_key_are_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    for _ in 0..2 {
        let order_no = Uuid::now_v7();
        shop.sell(order_no, 1, 1).await;
        shop.told(1, 1, Some("k"), Outcome::Confirmed(order_no));
    }
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I4]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i4_a_repeat_that_is_refused_although_its_order_is_confirmed_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    let order_no = Uuid::now_v7();
    shop.sell(order_no, 1, 2).await;
    let told = |quantity, sent, outcome| {
        let asked = Asked::Order { quantity, key: Some("k".into()) };
        let answered = Some(OPEN_AT + sent + 100);
        shop.journal.push(Entry { sent: OPEN_AT + sent, answered, ..entry(1, asked, outcome) });
    };
    told(2, 0, Outcome::Confirmed(order_no));
    told(2, 50, Outcome::Rejected("sold_out".into()));
    told(2, 200, Outcome::Confirmed(order_no));
    told(3, 300, Outcome::Rejected("key_reused".into()));
    assert_eq!(shop.broken(AT_REST).await, []);
    told(2, 400, Outcome::Rejected("sold_out".into()));
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I4]);
    shop.sql("UPDATE orders SET status = 'CANCELLED'").await;
    shop.sql("UPDATE stock SET remaining = total").await;
    shop.set_gate(10).await;
    shop.cancelled(order_no, Outcome::Cancelled);
    assert_eq!(shop.broken(AT_REST).await, []);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i4_an_order_of_another_payload_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    let order_no = shop.order().await;
    shop.told(1, 1, Some("k"), Outcome::Confirmed(order_no));
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I4]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i4_orders_that_nobody_asked_for_are_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.told(1, 1, None, Outcome::Rejected("sold_out".into()));
    shop.sell(Uuid::now_v7(), 1, 1).await;
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I4]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i5_a_member_above_the_limit_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.order().await;
    shop.order().await;
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I5]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i6_an_order_admitted_outside_the_sale_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.order().await;
    shop.sql("UPDATE orders SET admitted_at = '2026-11-23'").await;
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I6]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i6_an_answer_before_the_opening_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    let order_no = Uuid::now_v7();
    shop.sell(order_no, 1, 1).await;
    let asked = Asked::Order { quantity: 1, key: None };
    shop.journal.push(Entry { answered: Some(OPEN_AT - 1), ..entry(1, asked, Outcome::Confirmed(order_no)) });
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I6]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i7_units_given_back_twice_are_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.set_gate(12).await;
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I3, Invariant::I7]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i7_an_order_cancelled_twice_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    let order_no = shop.order().await;
    shop.sql("UPDATE orders SET status = 'CANCELLED'").await;
    shop.sql("UPDATE stock SET remaining = total").await;
    shop.cancelled(order_no, Outcome::Cancelled);
    shop.cancelled(order_no, Outcome::Cancelled);
    assert_eq!(shop.broken(Expectation::default()).await, [Invariant::I7]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i8_units_left_over_under_demand_are_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.order().await;
    assert_eq!(shop.broken(Expectation { sells_out: true, ..AT_REST }).await, [Invariant::I8]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i9_requests_without_a_decision_are_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.told(1, 1, None, Outcome::Pending(Uuid::now_v7()));
    shop.told(2, 1, None, Outcome::Unanswered);
    shop.told(3, 1, None, Outcome::Failed(500));
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I9; 3]);
    assert_eq!(shop.broken(Expectation { redis_forgot: true, ..AT_REST }).await, [Invariant::I9; 2]);
}

#[sqlx::test(migrator = "MIGRATIONS")]
async fn i10_a_count_copied_from_redis_is_found(db: MySqlPool) {
    let shop = Shop::open(db).await;
    shop.order().await;
    shop.set_gate(5).await;
    shop.sql("UPDATE stock SET remaining = 5").await;
    assert_eq!(shop.broken(AT_REST).await, [Invariant::I1, Invariant::I10]);
}
