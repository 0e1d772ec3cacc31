//! Pages that were asked for, kept for whoever asks the same of the same snapshot.

use std::{
    ops::Range,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::body::Bytes;
use openrace_index::{Catalog, Page, ProductQuery, Start};
use quick_cache::{Weighter, sync::Cache};

/// Of all answers together.
const MOST_BYTES: u64 = 256_000_000;
/// About as many as that are.
const ANSWERS: usize = 25_000;

/// A snapshot while it is shown.
pub(crate) struct Shown {
    catalog: Arc<Catalog>,
    /// Tells apart what was shown at different times.
    number: u64,
    /// A time in which no sale opens or closes.
    still: Mutex<Range<i64>>,
}

impl Shown {
    /// Shows a snapshot, or shows it anew because its answers have changed.
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        static SHOWN: AtomicU64 = AtomicU64::new(0);
        Self { catalog, number: SHOWN.fetch_add(1, Ordering::Relaxed), still: Mutex::new(0..0) }
    }

    /// The snapshot.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// What is asked of it at the moment `now`, Unix milliseconds.
    pub(crate) fn question(&self, query: ProductQuery, start: Start, limit: usize, now: i64) -> Question {
        let last_turn = query.depends_on_time().then(|| self.last_turn(now));
        Question { shown: self.number, last_turn, query, start, limit }
    }

    /// The earliest moment that has the same answers as `now`.
    fn last_turn(&self, now: i64) -> i64 {
        let mut still = self.still.lock().unwrap_or_else(PoisonError::into_inner);
        if !still.contains(&now) {
            *still = self.catalog.still_time(now);
        }
        still.start
    }
}

/// All that an answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    shown: u64,
    last_turn: Option<i64>,
    query: ProductQuery,
    start: Start,
    limit: usize,
}

/// A page that was found.
pub struct Answer {
    /// What it shows.
    pub page: Page,
    /// What is sent of it to programs.
    json: OnceLock<Bytes>,
}

impl Answer {
    fn new(page: Page) -> Self {
        Self { page, json: OnceLock::new() }
    }

    /// The page as `write` writes it for the first who wants it so: for one question it is always the same.
    pub(crate) fn json<E>(&self, write: impl FnOnce(&Page) -> Result<Bytes, E>) -> Result<Bytes, E> {
        match self.json.get() {
            Some(json) => Ok(json.clone()),
            None => write(&self.page).map(|json| self.json.get_or_init(|| json).clone()),
        }
    }
}

/// What was answered last. When many ask the same at once, one searches and all have its answer.
pub(crate) struct Answers(Cache<Question, Arc<Answer>, Weight>);

impl Default for Answers {
    fn default() -> Self {
        Self(Cache::with_weighter(ANSWERS, MOST_BYTES, Weight))
    }
}

impl Answers {
    /// The answer that is kept, or that `search` finds; of a failure only the caller hears.
    pub(crate) async fn get<E, F: Future<Output = Result<Page, E>>>(
        &self,
        question: &Question,
        search: impl FnOnce(ProductQuery, Start) -> F,
    ) -> Result<Arc<Answer>, E> {
        metrics::counter!("list_answers_total").increment(1);
        let search = async {
            metrics::counter!("list_searches_total").increment(1);
            search(question.query.clone(), question.start.clone()).await.map(|page| Arc::new(Answer::new(page)))
        };
        let answer = self.0.get_or_insert_async(question, search).await?;
        if answer.page.is_passing {
            self.0.remove(question);
        }
        Ok(answer)
    }
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Question, Arc<Answer>> for Weight {
    fn weight(&self, question: &Question, answer: &Arc<Answer>) -> u64 {
        let texts = [&question.query.keyword, &question.query.category];
        let asked = texts.into_iter().flatten().map(String::len).sum::<usize>();
        // The place among the answers costs something too, and what may be written of the page about as much as the page.
        (size_of::<Question>() + asked) as u64 + 2 * answer.page.bytes() + 200
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::{join_all, poll_immediate};
    use tokio::sync::Notify;

    use super::*;

    fn question(shown: u64) -> Question {
        Question { shown, last_turn: None, query: ProductQuery::default(), start: Start::Offset(0), limit: 20 }
    }

    fn page(total: u64) -> Page {
        Page { total, ..Page::default() }
    }

    async fn total(
        answers: &Answers,
        question: &Question,
        search: impl Future<Output = Result<Page, ()>>,
    ) -> Option<u64> {
        answers.get(question, |_, _| search).await.ok().map(|answer| answer.page.total)
    }

    #[tokio::test]
    async fn many_who_ask_the_same_at_once_search_once() {
        let (answers, searches, found, asked) = (Answers::default(), AtomicUsize::new(0), Notify::new(), question(1));
        let search = async || {
            searches.fetch_add(1, Ordering::Relaxed);
            found.notified().await;
            Ok(page(7))
        };
        let mut all = std::pin::pin!(join_all((0..100).map(|_| total(&answers, &asked, search()))));
        assert!(poll_immediate(&mut all).await.is_none());
        found.notify_one();
        assert_eq!(all.await, vec![Some(7); 100]);
        assert_eq!(total(&answers, &asked, async { unreachable!() }).await, Some(7));
        assert_eq!(searches.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn who_leaves_while_searching_leaves_the_others_an_answer() {
        let (answers, asked) = (Answers::default(), question(1));
        let mut leaves = Box::pin(total(&answers, &asked, std::future::pending()));
        assert!(poll_immediate(&mut leaves).await.is_none());
        let mut stays = Box::pin(total(&answers, &asked, async { Ok(page(3)) }));
        assert!(poll_immediate(&mut stays).await.is_none());
        drop(leaves);
        assert_eq!(stays.await, Some(3));
    }

    #[tokio::test]
    async fn neither_a_failure_nor_the_answer_of_another_snapshot_is_told() {
        let answers = Answers::default();
        assert_eq!(total(&answers, &question(1), async { Err(()) }).await, None);
        assert_eq!(total(&answers, &question(1), async { Ok(page(1)) }).await, Some(1));
        assert_eq!(total(&answers, &question(2), async { Ok(page(2)) }).await, Some(2));
        let later = Question { last_turn: Some(5), ..question(2) };
        assert_eq!(total(&answers, &later, async { Ok(page(3)) }).await, Some(3));
    }
}
