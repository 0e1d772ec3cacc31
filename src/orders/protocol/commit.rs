//! The way of admitted orders into MySQL: batches, repeated until they are decided.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    time::{Instant, sleep},
};

use super::{
    align::{Aligner, Depth},
    decide::{Candidate, Verdict},
    gate::{Gate, Intent, Settled},
    in_flight::Flight,
    ledger::{Ledger, LedgerError},
    order::{Decision, PlaceOrder, Refusal},
    outage::Outage,
};
use crate::{
    batch::{Batcher, Limits, Tasks, Worker},
    error::with_sources,
    fail_point,
};

/// Orders of one transaction.
const BATCH: usize = 500;
/// Transactions at once on this node; those of one product are one after the other. While one commits, the orders of
/// the next gather. More lanes make smaller transactions, and a small one takes as many statements as a large one.
const LANES: usize = 2;
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How an order came by the gate.
#[derive(Debug, Clone)]
pub(super) enum Admission {
    /// Its units are reserved.
    Reserved(Intent),
    /// Redis did not answer: they may be reserved.
    InDoubt,
    /// Redis was not asked.
    Ungated,
}

/// What the waiting shopper is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// The decision. All but a refusal are in MySQL.
    Decided(Decision),
    /// Refused by the gate, which may have forgotten that the order was placed before.
    Refused(Refusal),
    /// An order of this number is known already, here or elsewhere.
    Again,
    /// Not placed: it cannot be decided now.
    Unavailable,
}

/// An order on its way through this node.
pub(super) struct Ticket {
    /// What was asked for.
    pub(super) order: PlaceOrder,
    /// Who waits; nobody if it was found abandoned.
    pub(super) waiting: Option<oneshot::Sender<Reply>>,
    /// From then on whoever waited has been told that it is pending.
    pub(super) pending_from: Instant,
    /// Its place among those under way.
    pub(super) flight: Flight,
    /// Its share of what this node takes at once.
    #[expect(dead_code, reason = "given back when the order is done with")]
    pub(super) permit: OwnedSemaphorePermit,
}

impl Ticket {
    /// Tells the shopper. An order that was called pending meanwhile comes back: it must end in MySQL.
    pub(super) fn answer(mut self, reply: Reply) -> Result<(), Self> {
        let told = self.waiting.take().is_none_or(|waiting| waiting.send(reply).is_ok());
        if told || Instant::now() < self.pending_from { Ok(()) } else { Err(self) }
    }
}

/// An order that goes to MySQL.
pub(super) struct Commit {
    /// The order.
    pub(super) ticket: Ticket,
    /// How it came by the gate.
    pub(super) admission: Admission,
    /// Whether a refusal must be in MySQL too.
    pub(super) recorded: bool,
    /// Whether it may have been decided before: a repeat, or one that another node began.
    pub(super) may_be_decided: bool,
}

impl Commit {
    /// An order that has been to the gate.
    pub(super) fn gated(ticket: Ticket, admission: Admission) -> Self {
        let may_be_decided = ticket.order.keyed;
        Self { ticket, admission, recorded: true, may_be_decided }
    }

    /// An order whose intent was found: its node may have decided it.
    pub(super) fn abandoned(ticket: Ticket, intent: Intent) -> Self {
        Self { ticket, admission: Admission::Reserved(intent), recorded: true, may_be_decided: true }
    }

    /// An order that has not: a refusal need not be written, nobody else knows of the order.
    pub(super) fn ungated(ticket: Ticket) -> Self {
        let may_be_decided = ticket.order.keyed;
        Self { ticket, admission: Admission::Ungated, recorded: false, may_be_decided }
    }

    /// An order that was called pending.
    pub(super) fn promised(ticket: Ticket) -> Self {
        Self { ticket, admission: Admission::Ungated, recorded: true, may_be_decided: true }
    }

    fn candidate(&self) -> Candidate {
        let admitted_at = match &self.admission {
            Admission::Reserved(intent) => Some(intent.admitted_at),
            Admission::InDoubt | Admission::Ungated => None,
        };
        let (order, recorded, may_be_decided) = (self.ticket.order, self.recorded, self.may_be_decided);
        Candidate { order, admitted_at, recorded, may_be_decided }
    }
}

/// All lanes into MySQL.
#[derive(Clone)]
pub(super) struct Committers {
    lanes: Arc<[Batcher<Commit>]>,
}

impl Committers {
    /// Starts the lanes. `ledger` makes one connection for each.
    pub(super) fn start(
        ledger: impl Fn() -> Ledger,
        gate: &Gate,
        aligner: &Aligner,
        outage: &Outage,
        capacity: usize,
        tasks: &Tasks,
    ) -> Self {
        let limits = Limits { queue: capacity, batch: BATCH };
        let lane = |_| {
            let committer = Committer {
                ledger: ledger(),
                gate: gate.clone(),
                aligner: aligner.clone(),
                outage: outage.clone(),
                tasks: tasks.clone(),
            };
            Batcher::start(committer, limits, tasks)
        };
        Self { lanes: (0..LANES).map(lane).collect() }
    }

    /// Hands an order over. The queues hold as many as there are permits, so only a stopping server refuses.
    pub(super) fn push(&self, commit: Commit) {
        let lane = commit.ticket.order.product_id.rem_euclid(LANES as i64) as usize;
        if self.lanes[lane].push(commit).is_err() {
            tracing::warn!("an order came while the server stops: its intent is left to another node");
        }
    }
}

/// One lane.
struct Committer {
    ledger: Ledger,
    gate: Gate,
    aligner: Aligner,
    outage: Outage,
    tasks: Tasks,
}

impl Worker for Committer {
    type Job = Commit;

    async fn work(&mut self, batch: Vec<Commit>) {
        fail_point::pass("before_batch");
        metrics::histogram!("order_batch_size").record(batch.len() as f64);
        // Parts of the batch, the next one last: a part that MySQL refuses is halved until the order at fault is alone.
        let mut parts = vec![batch];
        while let Some(part) = parts.pop() {
            parts.extend(self.decide(part).await);
        }
    }
}

impl Committer {
    /// Tries until the orders are decided; answers the halves of a batch that cannot be written as a whole.
    async fn decide(&mut self, mut batch: Vec<Commit>) -> Vec<Vec<Commit>> {
        let mut pause = SHORTEST_PAUSE;
        while !batch.is_empty() {
            let candidates: Vec<_> = batch.iter().map(Commit::candidate).collect();
            if fail_point::planted("settle_before_commit") {
                self.settle(settled_blindly(&batch));
            }
            match self.ledger.decide(&candidates).await {
                Ok(verdicts) => {
                    self.outage.mysql(false);
                    batch = self.finish(batch, &verdicts);
                }
                Err(LedgerError::Refused(error)) => return self.refuse(batch, &error),
                Err(error @ LedgerError::Later(_)) => {
                    tracing::warn!(
                        orders = batch.len(),
                        error = with_sources(&error),
                        "a batch of orders is tried again"
                    );
                    self.outage.mysql(error.is_away());
                    batch.iter_mut().for_each(|commit| commit.may_be_decided = true);
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        Vec::new()
    }

    /// Answers all; comes back with refusals that were not written because nobody had been told that they would be.
    fn finish(&self, batch: Vec<Commit>, verdicts: &[Verdict]) -> Vec<Commit> {
        fail_point::pass("before_answer");
        let mut settled: HashMap<i64, Vec<Settled>> = HashMap::new();
        let mut promised = Vec::new();
        for (commit, verdict) in batch.into_iter().zip(verdicts) {
            let order = commit.ticket.order;
            count(verdict);
            if let Admission::Reserved(intent) = &commit.admission {
                settled.entry(order.product_id).or_default().push(settle_one(&order, intent, verdict));
                if !as_reserved(verdict) {
                    self.aligner.request(order.product_id, Depth::All);
                }
            }
            match commit.ticket.answer(Reply::Decided(verdict.decision)) {
                Err(ticket) if !commit.recorded => promised.push(Commit::promised(ticket)),
                Ok(()) | Err(_) => (),
            }
        }
        self.settle(settled);
        promised
    }

    /// Nobody waits for it: what stays unsettled is found by whoever looks for abandoned intents.
    fn settle(&self, settled: HashMap<i64, Vec<Settled>>) {
        if settled.is_empty() {
            return;
        }
        let gate = self.gate.clone();
        self.tasks.tracker.spawn(async move {
            let settled: Vec<_> = settled.into_iter().collect();
            if let Err(error) = gate.settle(&settled).await {
                tracing::warn!(%error, "decided orders were not settled in Redis; that is made up for");
            }
        });
    }

    fn refuse(&self, mut batch: Vec<Commit>, error: &sqlx::Error) -> Vec<Vec<Commit>> {
        if batch.len() > 1 {
            let second = batch.split_off(batch.len() / 2);
            return vec![second, batch];
        }
        for commit in batch {
            tracing::error!(
                order = %commit.ticket.order.number,
                product = commit.ticket.order.product_id,
                error = with_sources(error),
                "MySQL will not have this order"
            );
            if let Admission::Reserved(intent) = &commit.admission {
                let (member_id, give_back) = (commit.ticket.order.member_id, commit.ticket.order.quantity);
                let settled = Settled { intent: intent.id.clone(), member_id, give_back };
                self.settle(HashMap::from([(commit.ticket.order.product_id, vec![settled])]));
            }
            // Nothing more can be done for it.
            let _ = commit.ticket.answer(Reply::Unavailable);
        }
        Vec::new()
    }
}

/// Whether the gate and MySQL agree about the order: reserved there, sold here, just now.
fn as_reserved(verdict: &Verdict) -> bool {
    verdict.fresh && matches!(verdict.decision, Decision::Confirmed { .. })
}

/// Gives back only what was refused just now. What was found decided may have been given back before: aligning tells.
pub(super) fn settle_one(order: &PlaceOrder, intent: &Intent, verdict: &Verdict) -> Settled {
    let refused = verdict.fresh && !matches!(verdict.decision, Decision::Confirmed { .. });
    let give_back = if refused { order.quantity } else { 0 };
    Settled { intent: intent.id.clone(), member_id: order.member_id, give_back }
}

fn count(verdict: &Verdict) {
    let outcome = match verdict.decision {
        _ if !verdict.fresh => "found",
        Decision::Confirmed { .. } => "confirmed",
        Decision::Cancelled { .. } => "cancelled",
        Decision::Rejected(refusal) => refusal.word(),
        Decision::KeyReused => "key_reused",
    };
    metrics::counter!("orders_decided_total", "outcome" => outcome).increment(1);
}

fn settled_blindly(batch: &[Commit]) -> HashMap<i64, Vec<Settled>> {
    let mut settled: HashMap<i64, Vec<Settled>> = HashMap::new();
    for commit in batch {
        if let Admission::Reserved(intent) = &commit.admission {
            let one = Settled { intent: intent.id.clone(), member_id: commit.ticket.order.member_id, give_back: 0 };
            settled.entry(commit.ticket.order.product_id).or_default().push(one);
        }
    }
    settled
}
