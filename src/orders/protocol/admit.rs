//! The way of orders to the gate: all that came while Redis answered go together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    align::{Aligned, Aligner, Depth},
    commit::{Admission, Commit, Committers, Reply, Ticket},
    gate::{Answer, Gate},
    order::{Decision, PlaceOrder, Refusal},
    outage::Outage,
};
use crate::{
    batch::{Batcher, Limits, Tasks, Worker},
    error::with_sources,
    fail_point,
};

/// Orders of one round trip.
const BATCH: usize = 500;

/// Asks the gate on behalf of all orders.
#[derive(Clone)]
pub(super) struct Admissions {
    gate: Gate,
    aligner: Aligner,
    committers: Committers,
    outage: Outage,
    tasks: Tasks,
    parked: Arc<Mutex<HashMap<i64, Vec<Ticket>>>>,
}

impl Admissions {
    /// What orders need on their way.
    pub(super) fn new(gate: Gate, aligner: Aligner, committers: Committers, outage: Outage, tasks: Tasks) -> Self {
        Self { gate, aligner, committers, outage, tasks, parked: Arc::default() }
    }

    /// Starts the queue before the gate.
    pub(super) fn start(self, capacity: usize) -> Batcher<Ticket> {
        let tasks = self.tasks.clone();
        Batcher::start(self, Limits { queue: capacity, batch: BATCH }, &tasks)
    }

    async fn admit(&self, tickets: Vec<Ticket>) {
        if self.outage.of_redis() {
            return tickets.into_iter().for_each(|ticket| self.go_ungated(ticket));
        }
        let groups = by_product(tickets);
        let orders = |(product, tickets): &(i64, Vec<Ticket>)| {
            (*product, tickets.iter().map(|ticket| ticket.order).collect::<Vec<PlaceOrder>>())
        };
        fail_point::pass("before_reserve");
        let answers = self.gate.reserve(&groups.iter().map(orders).collect::<Vec<_>>()).await;
        fail_point::pass("after_reserve");
        match answers {
            Ok(answers) => {
                for ((product, tickets), answers) in groups.into_iter().zip(answers) {
                    match answers {
                        Some(answers) => tickets.into_iter().zip(answers).for_each(|(t, answer)| self.go_on(t, answer)),
                        None => tickets.into_iter().for_each(|ticket| self.park(product, ticket)),
                    }
                }
            }
            Err(error) => {
                tracing::warn!(error = with_sources(&error), "Redis does not answer: orders go on without the gate");
                self.outage.redis(true);
                let tickets = groups.into_iter().flat_map(|(_, tickets)| tickets);
                tickets.for_each(|ticket| self.committers.push(Commit::gated(ticket, Admission::InDoubt)));
            }
        }
    }

    fn go_on(&self, ticket: Ticket, answer: Answer) {
        match answer {
            Answer::Reserved(intent) => {
                ticket.flight.reserved(&intent.id);
                self.committers.push(Commit::gated(ticket, Admission::Reserved(intent)));
            }
            Answer::Refused(refusal) => self.refuse(ticket, refusal),
            Answer::Again => self.reply(ticket, Reply::Again),
            Answer::KeyReused => self.reply(ticket, Reply::Decided(Decision::KeyReused)),
        }
    }

    fn refuse(&self, ticket: Ticket, refusal: Refusal) {
        metrics::counter!("orders_refused_total", "reason" => refusal.word()).increment(1);
        self.reply(ticket, Reply::Refused(refusal));
    }

    fn reply(&self, ticket: Ticket, reply: Reply) {
        if let Err(ticket) = ticket.answer(reply) {
            self.committers.push(Commit::promised(ticket));
        }
    }

    /// With neither Redis nor MySQL an order would live in this process alone.
    fn go_ungated(&self, ticket: Ticket) {
        if self.outage.of_mysql() {
            self.reply(ticket, Reply::Unavailable);
        } else {
            self.committers.push(Commit::ungated(ticket));
        }
    }

    /// Keeps the order until the product's gate is open; the first one sees to that.
    fn park(&self, product: i64, ticket: Ticket) {
        let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = parked.entry(product).or_default();
        waiting.push(ticket);
        if waiting.len() == 1 {
            self.tasks.tracker.spawn(self.clone().open(product));
        }
    }

    async fn open(self, product: i64) {
        let aligned = self.aligner.align(product, Depth::All).await;
        let waiting = self.parked.lock().unwrap_or_else(PoisonError::into_inner).remove(&product);
        let waiting = waiting.unwrap_or_default();
        if aligned == Aligned::Gate {
            return self.admit(waiting).await;
        }
        for ticket in waiting {
            match aligned {
                Aligned::FarAhead => self.refuse(ticket, Refusal::NotOpen),
                Aligned::LongOver => self.refuse(ticket, Refusal::SaleClosed),
                Aligned::NoSale => self.refuse(ticket, Refusal::UnknownProduct),
                Aligned::Failed if self.outage.of_redis() => self.go_ungated(ticket),
                Aligned::Gate | Aligned::Failed => self.reply(ticket, Reply::Unavailable),
            }
        }
    }
}

impl Worker for Admissions {
    type Job = Ticket;

    async fn work(&mut self, batch: Vec<Ticket>) {
        self.admit(batch).await;
    }
}

/// In the order of arrival within each product.
fn by_product(tickets: Vec<Ticket>) -> Vec<(i64, Vec<Ticket>)> {
    let mut places: HashMap<i64, usize> = HashMap::new();
    let mut groups: Vec<(i64, Vec<Ticket>)> = Vec::new();
    for ticket in tickets {
        let product = ticket.order.product_id;
        let place = *places.entry(product).or_insert_with(|| {
            groups.push((product, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(ticket);
    }
    groups
}
