//! One product, the nodes that sell it, and all that clients were told.

use std::collections::{HashMap, HashSet};

use sqlx::MySqlPool;
use tokio::sync::Mutex;

use super::{
    super::{
        align::{Aligned, Depth, align},
        commit::settle_one,
        decide::{Candidate, Verdict},
        gate::{Answer, Gate, Intent, Settled},
        ledger::{self, Ledger},
        order::{Decision, OrderNo, PlaceOrder},
        release,
    },
    LIMIT, NODES, Step, TOTAL,
};

#[derive(Debug, Clone)]
struct Held {
    order: PlaceOrder,
    intent: Option<Intent>,
}

impl Held {
    fn candidate(&self) -> Candidate {
        let admitted_at = self.intent.as_ref().map(|intent| intent.admitted_at);
        let (order, recorded, may_be_decided) = (self.order, self.intent.is_some(), self.order.keyed);
        Candidate { order, admitted_at, recorded, may_be_decided }
    }
}

#[derive(Default)]
struct Node {
    reserved: Vec<Held>,
    decided: Vec<(Held, Verdict)>,
}

/// What MySQL had, and what clients had been told by then.
#[derive(Clone)]
struct Backup {
    remaining: i64,
    version: i64,
    /// Numbers and what became of them.
    orders: Vec<(Vec<u8>, String)>,
    confirmed: HashMap<OrderNo, PlaceOrder>,
}

/// One product, the nodes that sell it, and all that clients were told.
pub(super) struct World<'a> {
    db: &'a MySqlPool,
    gate: &'a Gate,
    ledger: &'a Mutex<Ledger>,
    product: i64,
    nodes: [Node; NODES],
    placed: Vec<PlaceOrder>,
    confirmed: HashMap<OrderNo, PlaceOrder>,
    memory: Vec<(String, Vec<u8>)>,
    backup: Option<Backup>,
    /// Whether nothing was forgotten and nothing sold past the gate since it was aligned.
    trusted: bool,
}

impl<'a> World<'a> {
    pub(super) fn new(db: &'a MySqlPool, gate: &'a Gate, ledger: &'a Mutex<Ledger>, product: i64) -> Self {
        let (nodes, placed, confirmed, memory, backup) = Default::default();
        Self { db, gate, ledger, product, nodes, placed, confirmed, memory, backup, trusted: true }
    }

    pub(super) async fn step(&mut self, step: &Step) {
        match *step {
            Step::Reserve { node, member, quantity, keyed, gated } => {
                let number = OrderNo::fresh();
                let order = PlaceOrder { number, member_id: member, product_id: self.product, quantity, keyed };
                self.placed.push(order);
                self.place(node, order, gated).await;
            }
            Step::Repeat { node, which } => {
                if let Some(order) = pick(&self.placed, which) {
                    self.place(node, PlaceOrder { keyed: true, ..order }, true).await;
                }
            }
            Step::Commit(node) => self.commit(node, false).await,
            Step::CommitAgain(node) => self.commit(node, true).await,
            Step::Settle(node) => self.settle(node).await,
            Step::Crash(node) => self.nodes[node] = Node::default(),
            Step::Recover(node) => self.recover(node).await,
            Step::Align(depth) => self.align(depth).await,
            Step::Cancel { which, aligned } => self.cancel(which, aligned).await,
            Step::Remember => self.memory = self.dump().await,
            Step::GoBack => self.set_redis_back().await,
            Step::Flush => self.flush().await,
            Step::BackUp => self.back_up().await,
            Step::Restore => self.restore().await,
        }
    }

    async fn place(&mut self, node: usize, order: PlaceOrder, gated: bool) {
        if !gated {
            self.trusted = false;
            return self.nodes[node].reserved.push(Held { order, intent: None });
        }
        let answers = self.gate.reserve(&[(self.product, vec![order])]).await.unwrap();
        let Some(answers) = answers.into_iter().next().unwrap() else {
            return self.align(Depth::All).await;
        };
        if let [Answer::Reserved(intent)] = &answers[..] {
            self.nodes[node].reserved.push(Held { order, intent: Some(intent.clone()) });
        }
    }

    /// As a committer does, which looks up a second time what the unique key refused.
    async fn decide(&self, candidates: &mut [Candidate]) -> Vec<Verdict> {
        let mut ledger = self.ledger.lock().await;
        if let Ok(verdicts) = ledger.decide(candidates).await {
            return verdicts;
        }
        candidates.iter_mut().for_each(|candidate| candidate.may_be_decided = true);
        ledger.decide(candidates).await.unwrap()
    }

    pub(super) async fn commit(&mut self, node: usize, again: bool) {
        let held = std::mem::take(&mut self.nodes[node].reserved);
        if held.is_empty() {
            return;
        }
        let mut candidates: Vec<_> = held.iter().map(Held::candidate).collect();
        let mut verdicts = self.decide(&mut candidates).await;
        if again {
            let first = verdicts;
            candidates.iter_mut().for_each(|candidate| candidate.may_be_decided = true);
            verdicts = self.decide(&mut candidates).await;
            for ((first, second), candidate) in first.iter().zip(&verdicts).zip(&candidates) {
                assert!(!candidate.recorded || first.decision == second.decision, "a decision is final");
            }
        }
        for (held, verdict) in held.into_iter().zip(verdicts) {
            if matches!(verdict.decision, Decision::Confirmed { .. }) {
                self.confirmed.insert(held.order.number, held.order);
            }
            self.nodes[node].decided.push((held, verdict));
        }
    }

    /// As a committer does, which has a gate aligned that disagrees.
    pub(super) async fn settle(&mut self, node: usize) {
        let decided = std::mem::take(&mut self.nodes[node].decided);
        let agreed = decided.iter().all(|(_, verdict)| verdict.fresh && is_confirmed(verdict));
        let settled: Vec<Settled> = decided
            .iter()
            .filter_map(|(held, verdict)| Some(settle_one(&held.order, held.intent.as_ref()?, verdict)))
            .collect();
        if !settled.is_empty() {
            self.gate.settle(&[(self.product, settled)]).await.unwrap();
        }
        if !agreed {
            self.align(Depth::All).await;
        }
    }

    async fn recover(&mut self, node: usize) {
        let abandoned = self.gate.reserved(self.product).await.unwrap();
        let held = abandoned.into_iter().map(|found| Held { order: found.order, intent: Some(found.intent) });
        self.nodes[node].reserved.extend(held);
        self.commit(node, false).await;
        self.settle(node).await;
    }

    pub(super) async fn align(&mut self, depth: Depth) {
        self.trusted = self.gate_or_mysql_knows_all().await;
        assert_eq!(align(self.db, self.gate, self.product, depth).await.unwrap(), Aligned::Gate);
    }

    /// Else a node may sell units that the gate believes to be free. So it is after Redis has forgotten an intent, and after another
    /// node has settled it and MySQL has lost the decision.
    async fn gate_or_mysql_knows_all(&self) -> bool {
        let held: Vec<_> = self.nodes.iter().flat_map(|node| &node.reserved).collect();
        let reserved: HashSet<_> =
            self.gate.reserved(self.product).await.unwrap().into_iter().map(|reserved| reserved.intent.id).collect();
        let numbers: Vec<_> = held.iter().map(|held| held.order.number).collect();
        let decided = self.decided(&numbers).await;
        held.iter().all(|held| {
            decided.contains(&held.order.number)
                || held.intent.as_ref().is_some_and(|intent| reserved.contains(&intent.id))
        })
    }

    async fn decided(&self, numbers: &[OrderNo]) -> HashSet<OrderNo> {
        let found = ledger::find(&mut self.db.acquire().await.unwrap(), numbers).await.unwrap();
        found.into_iter().map(|found| found.number).collect()
    }

    async fn cancel(&mut self, which: usize, aligned: bool) {
        let Some(order) = pick(&self.confirmed.values().copied().collect::<Vec<_>>(), which) else { return };
        let id = sqlx::query_scalar("SELECT id FROM orders WHERE order_no = UNHEX(?)").bind(order.number.hex());
        let id: i64 = id.fetch_one(self.db).await.unwrap();
        self.gate.mark_member(self.product, order.member_id).await.unwrap();
        assert!(release::cancel(self.db, id, self.product, order.quantity).await.unwrap(), "it was confirmed");
        assert!(!release::cancel(self.db, id, self.product, order.quantity).await.unwrap(), "only once");
        self.confirmed.remove(&order.number);
        self.placed.retain(|placed| placed.number != order.number);
        if aligned {
            self.align(Depth::Marked).await;
        }
    }

    fn keys(&self) -> [String; 5] {
        ["gate", "intents", "bought", "orders", "dirty"]
            .map(|name| self.gate.keyspace().product_key(self.product, name))
    }

    async fn dump(&self) -> Vec<(String, Vec<u8>)> {
        let mut dump = Vec::new();
        for key in self.keys() {
            let value: Option<Vec<u8>> = self.redis(redis::cmd("DUMP").arg(&key)).await;
            dump.extend(value.map(|value| (key, value)));
        }
        dump
    }

    async fn back_up(&mut self) {
        let stock = "SELECT CAST(remaining AS SIGNED), version FROM stock WHERE product_id = ?";
        let (remaining, version) = sqlx::query_as(stock).bind(self.product).fetch_one(self.db).await.unwrap();
        let orders = sqlx::query_as("SELECT order_no, status FROM orders WHERE product_id = ?").bind(self.product);
        let orders = orders.fetch_all(self.db).await.unwrap();
        self.backup = Some(Backup { remaining, version, orders, confirmed: self.confirmed.clone() });
    }

    /// What was promised since is lost, and nothing else may be.
    async fn restore(&mut self) {
        let Some(Backup { remaining, version, orders, confirmed }) = self.backup.clone() else { return };
        let stock = "UPDATE stock SET remaining = ?, version = ? WHERE product_id = ?";
        sqlx::query(stock).bind(remaining).bind(version).bind(self.product).execute(self.db).await.unwrap();
        let numbers = sqlx::query_scalar("SELECT order_no FROM orders WHERE product_id = ?").bind(self.product);
        for number in numbers.fetch_all(self.db).await.unwrap() {
            let number: Vec<u8> = number;
            let write = match orders.iter().find(|(kept, _)| *kept == number) {
                Some((_, status)) => sqlx::query("UPDATE orders SET status = ? WHERE order_no = ?").bind(status),
                None => sqlx::query("DELETE FROM orders WHERE order_no = ?"),
            };
            write.bind(number).execute(self.db).await.unwrap();
        }
        (self.confirmed, self.trusted) = (confirmed, false);
    }

    async fn set_redis_back(&mut self) {
        self.flush().await;
        for (key, value) in &self.memory {
            let () = self.redis(redis::cmd("RESTORE").arg(key).arg(0).arg(value).arg("REPLACE")).await;
        }
    }

    async fn flush(&mut self) {
        self.trusted = false;
        let () = self.redis(redis::cmd("DEL").arg(&self.keys())).await;
    }

    async fn redis<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> T {
        command.query_async(&mut self.gate.keyspace().connection.clone()).await.unwrap()
    }

    /// Whatever happened: units are sold once, to members who may have them, and nobody's order is lost.
    pub(super) async fn check(&self) {
        let (remaining, sold): (i64, i64) = sqlx::query_as(
            "SELECT CAST(remaining AS SIGNED), (SELECT CAST(COALESCE(SUM(quantity), 0) AS SIGNED) FROM orders o \
             WHERE o.product_id = s.product_id AND o.status = 'CONFIRMED') FROM stock s WHERE product_id = ?",
        )
        .bind(self.product)
        .fetch_one(self.db)
        .await
        .unwrap();
        assert_eq!(remaining + sold, i64::from(TOTAL), "each unit is sold or for sale");
        let of_members: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT member_id, CAST(SUM(quantity) AS SIGNED) FROM orders \
             WHERE product_id = ? AND status = 'CONFIRMED' GROUP BY member_id",
        )
        .bind(self.product)
        .fetch_all(self.db)
        .await
        .unwrap();
        assert!(of_members.iter().all(|(_, units)| *units <= i64::from(LIMIT)), "nobody holds more: {of_members:?}");
        assert_eq!(
            sold,
            self.confirmed.values().map(|order| i64::from(order.quantity)).sum::<i64>(),
            "nobody's is lost"
        );
    }

    /// A gate that forgot nothing promises no more than there is: nobody is let in to be turned away.
    pub(super) async fn check_gate(&self) {
        let Some(free) = self.gate.states(&[self.product]).await.unwrap()[0].free else { return };
        let reserved = self.gate.reserved(self.product).await.unwrap();
        let numbers: Vec<_> = reserved.iter().map(|reserved| reserved.order.number).collect();
        let decided = self.decided(&numbers).await;
        let open = reserved.iter().filter(|reserved| !decided.contains(&reserved.order.number));
        let promised = free + open.map(|reserved| i64::from(reserved.order.quantity)).sum::<i64>();
        let remaining: i64 = self.remaining().await;
        assert!(!self.trusted || promised <= remaining, "the gate promises {promised} of {remaining}");
    }

    async fn remaining(&self) -> i64 {
        let remaining = "SELECT CAST(remaining AS SIGNED) FROM stock WHERE product_id = ?";
        sqlx::query_scalar(remaining).bind(self.product).fetch_one(self.db).await.unwrap()
    }

    /// Every node dies, one comes back: then the gate has what MySQL has, and the rest can be sold to the last unit.
    pub(super) async fn come_to_rest(&mut self) {
        self.nodes = Default::default();
        self.recover(0).await;
        self.align(Depth::All).await;
        self.check().await;
        let remaining = self.remaining().await;
        let state = self.gate.states(&[self.product]).await.unwrap()[0];
        assert_eq!(
            (state.free, state.busy),
            (Some(remaining), false),
            "the gate has what MySQL has, and nothing is open"
        );
        for member in 0..remaining {
            self.step(&Step::Reserve { node: 0, member: 100 + member, quantity: 1, keyed: false, gated: true }).await;
        }
        self.commit(0, false).await;
        self.settle(0).await;
        self.check().await;
        let left: i64 = self.confirmed.values().map(|order| i64::from(order.quantity)).sum();
        assert_eq!(left, i64::from(TOTAL), "all units are sold");
    }
}

fn is_confirmed(verdict: &Verdict) -> bool {
    matches!(verdict.decision, Decision::Confirmed { .. })
}

fn pick(orders: &[PlaceOrder], which: usize) -> Option<PlaceOrder> {
    let mut orders = orders.to_vec();
    orders.sort_unstable_by_key(|order| order.number);
    (!orders.is_empty()).then(|| orders[which % orders.len()])
}

/// A product of [`TOTAL`] units that is on sale, at most [`LIMIT`] for a member.
pub(super) async fn write_product(db: &MySqlPool, product: i64) {
    let insert =
        "INSERT INTO products (id, name, image, price, mall_name, category) VALUES (?, 'a', 'b', 700, 'm', 'c')";
    sqlx::query(insert).bind(product).execute(db).await.unwrap();
    sqlx::query(
        "INSERT INTO stock (product_id, total, remaining, open_at, close_at, per_member_limit) \
         VALUES (?, ?, ?, UTC_TIMESTAMP() - INTERVAL 1 DAY, UTC_TIMESTAMP() + INTERVAL 1 DAY, ?)",
    )
    .bind(product)
    .bind(TOTAL)
    .bind(TOTAL)
    .bind(LIMIT)
    .execute(db)
    .await
    .unwrap();
}
