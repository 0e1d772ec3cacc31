//! Shoppers: they order, repeat what was not answered, and follow what is pending.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use openrace::members::token::{Bearer, Role};
use openrace_load::journal::{Asked, Entry, Outcome};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use crate::{stage::Stage, wait::until};

/// Longer than any outage of a test.
const PATIENCE: Duration = Duration::from_secs(60);
/// Units of one order. No sale that comes to rest has more.
const MOST: i64 = 10_000;
/// Ids of members that no test names.
const NEWCOMERS: i64 = 1_000_000;

/// An order that somebody wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub member: i64,
    pub product: i64,
    pub quantity: i64,
    pub key: Option<String>,
}

impl Wanted {
    pub fn one(member: i64, product: i64) -> Self {
        Self { member, product, quantity: 1, key: None }
    }

    pub fn with_key(self) -> Self {
        let key = format!("{}-{}", self.product, Uuid::now_v7());
        Self { key: Some(key), ..self }
    }
}

/// Speaks HTTP for all shoppers of a stage, and writes down what they are told.
#[derive(Clone)]
pub struct Shoppers {
    pub stage: Arc<Stage>,
    client: Client,
    newcomers: Arc<AtomicI64>,
}

impl Shoppers {
    pub fn on(stage: Arc<Stage>) -> Self {
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        Self { stage, client, newcomers: Arc::default() }
    }

    fn request(&self, method: Method, node: usize, path: &str, member: i64) -> RequestBuilder {
        let token = self
            .stage
            .tokens
            .issue(Bearer { member_id: member, role: Role::Member, version: 0 }, self.stage.clock.now());
        let address = self.stage.nodes[node].address();
        self.client.request(method, format!("http://{address}{path}")).bearer_auth(token.unwrap())
    }

    /// Sends the order once, and hangs up after `hang_up` if there is no answer by then.
    pub async fn order(&self, node: usize, wanted: &Wanted, hang_up: Option<Duration>) -> Outcome {
        let path = format!("/api/orders/{}", wanted.product);
        let mut request =
            self.request(Method::POST, node, &path, wanted.member).json(&json!({ "count": wanted.quantity }));
        if let Some(key) = &wanted.key {
            request = request.header("idempotency-key", key);
        }
        let sent = self.stage.clock.now();
        let deadline = Instant::now() + hang_up.unwrap_or(PATIENCE);
        let answer = timeout_at(deadline, async { read(request.send().await?).await }).await;
        let outcome = match answer {
            Ok(Ok((status, number, body))) => Outcome::of_order(status, number, code(&body)),
            Ok(Err(_)) | Err(_) => Outcome::Unanswered,
        };
        let asked = Asked::Order { quantity: wanted.quantity, key: wanted.key.as_deref().map(Into::into) };
        self.note(wanted, asked, sent, outcome)
    }

    fn note(&self, wanted: &Wanted, asked: Asked, sent: i64, outcome: Outcome) -> Outcome {
        let answered = (outcome != Outcome::Unanswered).then(|| self.stage.clock.now());
        let Wanted { member, product, .. } = *wanted;
        self.stage.journal.push(Entry { member, product, asked, sent, answered, outcome: outcome.clone() });
        outcome
    }

    /// Sends the order, on one node after the other, until it is known what became of it. Without a key a lost answer stays lost.
    pub async fn insist(&self, first: usize, wanted: &Wanted, hang_up: Option<Duration>) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        let mut outcome = self.order(first, wanted, hang_up).await;
        let mut node = first;
        while Instant::now() < deadline {
            match outcome {
                Outcome::Pending(number) => match self.standing(node, wanted, number).await {
                    Some(standing) if standing != Outcome::Pending(number) => outcome = standing,
                    Some(_) => sleep(Duration::from_millis(50)).await,
                    // Lost with Redis and the node that knew it: nothing was bought under this number, it may be sent again.
                    None if wanted.key.is_some() => outcome = self.order(node, wanted, None).await,
                    None => return outcome,
                },
                Outcome::Unanswered | Outcome::TurnedAway(_) | Outcome::Failed(_) => {
                    if wanted.key.is_none() && outcome == Outcome::Unanswered {
                        return outcome;
                    }
                    sleep(Duration::from_millis(100)).await;
                    node = 1 - node;
                    outcome = self.order(node, wanted, None).await;
                }
                Outcome::Confirmed(_) | Outcome::Rejected(_) | Outcome::Cancelled => return outcome,
            }
        }
        panic!("nobody decides about {wanted:?}: {outcome:?}");
    }

    /// Orders of one unit by members who come one after the other, each on one of the nodes and until decided.
    pub async fn come_and_go(&self, product: i64, members: Range<i64>, apart: Duration) -> Vec<Outcome> {
        join_all(members.map(async |member| {
            sleep(apart * (member % 1000) as u32).await;
            self.insist(member as usize % 2, &Wanted::one(member, product).with_key(), None).await
        }))
        .await
    }

    /// Asks a node for an order, and returns the status and the body of its answer.
    pub async fn asked(&self, node: usize, wanted: &Wanted, number: Uuid) -> reqwest::Result<(u16, Value)> {
        let request = self.request(Method::GET, node, &format!("/api/orders/{number}"), wanted.member);
        let (status, _, body) = read(request.send().await?).await?;
        Ok((status, serde_json::from_str(&body).unwrap_or_default()))
    }

    /// Where an order stands; `None` if the node knows no such order.
    async fn standing(&self, node: usize, wanted: &Wanted, number: Uuid) -> Option<Outcome> {
        let Ok((status, body)) = self.asked(node, wanted, number).await else {
            return Some(Outcome::Pending(number));
        };
        let asked = Asked::Order { quantity: wanted.quantity, key: wanted.key.as_deref().map(Into::into) };
        let outcome = match (status, body["status"].as_str()) {
            (200, Some("CONFIRMED")) => Outcome::Confirmed(number),
            (200, Some("REJECTED")) => Outcome::Rejected(body["reason"].as_str().unwrap_or_default().to_owned().into()),
            (404, _) => return None,
            _ => return Some(Outcome::Pending(number)),
        };
        Some(self.note(wanted, asked, self.stage.clock.now(), outcome))
    }

    /// Cancels an order once.
    pub async fn cancel(&self, node: usize, wanted: &Wanted, number: Uuid) -> Outcome {
        let request = self.request(Method::DELETE, node, &format!("/api/orders/{number}"), wanted.member);
        let sent = self.stage.clock.now();
        let outcome = match (async { read(request.send().await?).await }).await {
            Ok((status, _, body)) => Outcome::of_cancel(status, code(&body)),
            Err(_) => Outcome::Unanswered,
        };
        self.note(wanted, Asked::Cancel(number), sent, outcome)
    }

    /// Wishes a product, or takes the wish back; what was answered. 0: nothing.
    pub async fn wish(&self, node: usize, member: i64, product: i64, wished: bool) -> u16 {
        let method = if wished { Method::POST } else { Method::DELETE };
        let answer = self.request(method, node, &format!("/api/products/{product}/wish"), member).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// Waits until all is decided and every gate has what MySQL has. A gate that Redis forgot is there once somebody comes by, even
    /// if it is somebody who wants more than there is.
    pub async fn come_to_rest(&self) {
        for product in self.stage.products() {
            self.open_gate(product).await;
        }
        self.stage.check(false).await;
    }

    /// Comes by until there is a gate.
    pub async fn open_gate(&self, product: i64) {
        until("the gate is there", async || {
            let greedy = Wanted { quantity: MOST, key: None, ..self.newcomer(product) };
            self.insist(0, &greedy, None).await;
            self.stage.free(product).await.is_some()
        })
        .await;
    }

    /// Buys the units that are left when everything has come to rest: each is there to be had, and after the last no more.
    pub async fn buy_up(&self) {
        self.come_to_rest().await;
        for product in self.stage.products() {
            for _ in 0..self.stage.units(product).await.0 {
                let outcome = self.insist(0, &self.newcomer(product), None).await;
                assert!(matches!(outcome, Outcome::Confirmed(_)), "a unit that is left is sold: {outcome:?}");
            }
            let outcome = self.insist(0, &self.newcomer(product), None).await;
            assert!(matches!(outcome, Outcome::Rejected(_)), "there is no more: {outcome:?}");
        }
        self.stage.check(true).await;
    }

    /// One unit for a member who has ordered nothing yet.
    pub fn newcomer(&self, product: i64) -> Wanted {
        Wanted::one(NEWCOMERS + self.newcomers.fetch_add(1, Ordering::Relaxed), product).with_key()
    }
}

async fn read(response: reqwest::Response) -> reqwest::Result<(u16, Option<Uuid>, String)> {
    let number = response.headers().get("x-order-no").and_then(|value| value.to_str().ok()?.parse().ok());
    Ok((response.status().as_u16(), number, response.text().await?))
}

fn code(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["code"].as_str().unwrap_or("ok").to_owned()
}
