//! An index that is changed while it serves, against a plain look at every product.
#![expect(clippy::unwrap_used, reason = "a test may panic, its own functions included")]

mod support;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use openrace_index::oracle::{self, Document, Keyword};
use openrace_index::{
    Batch, Catalog, FacetRequest, IndexError, IndexHome, Live, Order, Product, ProductQuery, SortKey, Start, Updater,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use crate::support::NOW;

const NAMES: [&str; 6] = ["나이키 에어맥스", "에어 맥스 97", "패딩 조끼", "GA-2100 시계", "나이키 패딩", "운동화"];

/// Different versions of one product differ in `variant`.
fn product(id: i64, variant: i64) -> Product {
    Product {
        price: 1000 * (variant % 7),
        mall: "몰".into(),
        brand: (variant % 2 == 0).then(|| "나이키".into()),
        category: ["신발", "옷"][(variant % 2) as usize].into(),
        opens_at: NOW + variant % 5 - 2,
        closes_at: NOW + variant % 5,
        wish_count: variant % 3,
        in_stock: variant % 4 != 0,
        ..support::product(id, NAMES[(id + variant).rem_euclid(NAMES.len() as i64) as usize])
    }
}

/// A generation of these products, open for changes.
fn build(products: &[Product]) -> (TempDir, IndexHome) {
    support::build(products, support::words(NAMES), 1)
}

#[derive(Debug, Clone)]
enum Change {
    Replace(i64, i64),
    Delete(i64),
    Live(i64, Live),
}

fn any_change() -> impl Strategy<Value = Change> {
    let id = 1i64..60;
    prop_oneof![
        3 => (id.clone(), 0i64..40).prop_map(|(id, variant)| Change::Replace(id, variant)),
        1 => id.clone().prop_map(Change::Delete),
        4 => (id, 0i64..9, any::<bool>())
            .prop_map(|(id, wish_count, in_stock)| Change::Live(id, Live { wish_count, in_stock })),
    ]
}

fn apply(model: &mut BTreeMap<i64, Product>, changes: &[Change]) -> Batch {
    // An id is in a batch once, as it is after all its changes.
    let mut touched = BTreeMap::new();
    for change in changes {
        match *change {
            Change::Replace(id, variant) => {
                model.insert(id, product(id, variant));
                touched.insert(id, false);
            }
            Change::Delete(id) => {
                model.remove(&id);
                touched.insert(id, false);
            }
            Change::Live(id, live) => {
                let Some(product) = model.get_mut(&id) else { continue };
                (product.wish_count, product.in_stock) = (live.wish_count, live.in_stock);
                touched.entry(id).or_insert(true);
            }
        }
    }
    let mut batch = Batch::default();
    for (id, live_only) in touched {
        match model.get(&id) {
            Some(product) if live_only => batch.live.push((id, product.live())),
            Some(product) => batch.replaced.push(product.clone()),
            None => batch.deleted.push(id),
        }
    }
    batch
}

fn queries() -> impl Iterator<Item = ProductQuery> {
    let keys = [SortKey::Id, SortKey::Price, SortKey::EventStartTime, SortKey::WishCount, SortKey::Relevance];
    let keywords = [None, Some("나이키"), Some("에어맥스"), Some("ga2100")];
    keys.into_iter().flat_map(move |key| {
        keywords.into_iter().flat_map(move |keyword| {
            [false, true].into_iter().map(move |flag| ProductQuery {
                keyword: keyword.map(Into::into),
                category: flag.then(|| "신발".into()),
                // A category by price alone is listed in another way.
                in_stock: flag && key != SortKey::Price,
                order: Order { key, ascending: flag },
                ..ProductQuery::default()
            })
        })
    })
}

const ALL_FACETS: FacetRequest = FacetRequest { category: true, status: true, price: true, mall: true };

/// Every page of every list, and every product, is as in the model. Tells how many products of lists were compared.
fn assert_same(catalog: &Catalog, model: &BTreeMap<i64, Product>) -> usize {
    let mut compared = 0;
    let documents: Vec<Document> = model.values().map(Document::from).collect();
    assert_eq!(catalog.documents(), model.len() as u64);
    for query in queries() {
        let keyword = query.keyword.as_deref().map(|keyword| Keyword::new(catalog, keyword));
        let expected = oracle::search(documents.iter(), &query, keyword.as_ref(), NOW);
        let with_facets = ProductQuery { facets: ALL_FACETS, ..query.clone() };
        let facets = catalog.search(&with_facets, &Start::Offset(0), 1, NOW).unwrap().facets;
        assert_eq!(facets, Some(oracle::facets(documents.iter(), &query, keyword.as_ref(), NOW)), "{query:?}");
        let (mut listed, mut start) = (Vec::new(), Start::Offset(0));
        loop {
            let page = catalog.search(&query, &start, 7, NOW).unwrap();
            assert_eq!(page.total, expected.len() as u64, "{query:?}");
            listed.extend(page.cards.iter().map(|card| card.id));
            match page.next {
                Some(cursor) => start = Start::After(cursor),
                None => break,
            }
        }
        assert_eq!(listed, expected, "{query:?}");
        compared += listed.len();
        let middle = catalog.search(&query, &Start::Offset(expected.len() as u64 / 2), 7, NOW).unwrap();
        let ids: Vec<i64> = middle.cards.iter().map(|card| card.id).collect();
        assert_eq!(ids, expected[expected.len() / 2..].iter().take(7).copied().collect::<Vec<_>>(), "{query:?}");
    }
    let found = catalog.found_between(0, i64::MAX);
    let expected: Vec<_> = model.values().map(|product| (product.id, product.digest(), product.live())).collect();
    assert_eq!(found.iter().map(|found| (found.id, found.digest, found.live)).collect::<Vec<_>>(), expected);
    let part: Vec<i64> = model.range(10..=20).map(|(&id, _)| id).collect();
    assert_eq!(catalog.found_between(10, 20).iter().map(|found| found.id).collect::<Vec<_>>(), part);
    for product in model.values() {
        let card = catalog.find_card(product.id).unwrap().unwrap();
        assert_eq!((card.name(), card.image(), card.price), (&*product.name, &*product.image, product.price));
        assert_eq!((card.mall(), card.category()), (&*product.mall, &*product.category));
    }
    compared
}

#[test]
fn after_any_changes_every_list_equals_a_plain_scan() {
    let batch = (prop::collection::vec(any_change(), 0..30), any::<bool>());
    let cases = (0i64..50, prop::collection::vec(batch, 1..16));
    let (changed, compared) = (Cell::new([0; 3]), Cell::new(0));
    let config = ProptestConfig { cases: 12, source_file: Some(file!()), ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&cases, |(first, batches)| {
        let mut model: BTreeMap<i64, Product> = (1..=first).map(|id| (id, product(id, id))).collect();
        let products: Vec<Product> = model.values().cloned().collect();
        let (_folder, home) = build(&products);
        let mut updater = home.update().unwrap();
        for (number, (changes, reopen)) in batches.iter().enumerate() {
            let before = (updater.catalog().clone(), model.clone());
            let position = format!("batch {number}");
            let applied = updater.apply(apply(&mut model, changes), Some(&position)).unwrap();
            let [replaced, deleted, live] = changed.get();
            changed.set([replaced + applied.replaced, deleted + applied.deleted, live + applied.live]);
            compared.set(compared.get() + assert_same(updater.catalog(), &model));
            // One response is one snapshot, whatever happens meanwhile.
            assert_same(&before.0, &before.1);
            if *reopen {
                drop(updater);
                assert_same(&home.open().unwrap(), &model);
                updater = home.update().unwrap();
                assert_same(updater.catalog(), &model);
            }
            prop_assert_eq!(updater.position(), Some(position.as_str()));
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let mut least = changed.get().into_iter().zip([50, 10, 30]);
    assert!(least.all(|(count, least)| count >= least) && compared.get() > 5000, "{changed:?} {compared:?}");
}

#[test]
fn what_is_so_already_is_not_written_again() {
    let (_folder, home) = build(&[product(1, 1), product(2, 2)]);
    let mut updater = home.update().unwrap();
    let batch = Batch {
        replaced: vec![product(1, 1), Product { wish_count: 99, ..product(2, 2) }],
        deleted: vec![3],
        live: vec![(4, Live { wish_count: 1, in_stock: true })],
    };
    let applied = updater.apply(batch, Some("next")).unwrap();
    assert_eq!((applied.replaced, applied.deleted, applied.live), (0, 0, 1));
    assert_eq!(updater.position(), Some("next"));
    assert_eq!(updater.catalog().find(2).unwrap().live.wish_count, 99);
    let before = updater.catalog().clone();
    assert_eq!(
        updater.apply(Batch { replaced: vec![product(1, 1)], ..Batch::default() }, Some("last")).unwrap().total(),
        0
    );
    assert!(Arc::ptr_eq(updater.catalog(), &before));
    assert_eq!(home.position().unwrap().as_deref(), Some("last"));
}

#[test]
fn live_values_survive_the_merges_that_move_their_documents() {
    let mut model: BTreeMap<i64, Product> = (1..=50).map(|id| (id, product(id, id))).collect();
    let products: Vec<Product> = model.values().cloned().collect();
    let (_folder, home) = build(&products);
    let mut updater = home.update().unwrap();
    let live: Vec<Change> =
        (1..=50).map(|id| Change::Live(id, Live { wish_count: id * 3 % 17, in_stock: id % 3 == 0 })).collect();
    updater.apply(apply(&mut model, &live), Some("live")).unwrap();
    for round in 0..60 {
        let changes: Vec<Change> = (0..8).map(|step| Change::Replace(51 + (round * 8 + step) % 300, round)).collect();
        updater.apply(apply(&mut model, &changes), None).unwrap();
    }
    // Waits for the merges that are under way.
    drop(updater);
    let updater = home.update().unwrap();
    assert!(updater.catalog().segment_counts().0 < 20, "{:?}", updater.catalog());
    assert_eq!(model.len(), 350);
    assert!(assert_same(updater.catalog(), &model) > 350);
    assert_eq!(updater.position(), Some("live"));
}

#[test]
fn a_keyword_that_finds_nothing_is_soon_read_as_what_has_come_since() {
    let named = |id, name: &str| Product { name: name.into(), ..product(id, 0) };
    let (_folder, home) = build(&[named(1, "아디다스 운동화")]);
    let mut updater = home.update().unwrap();
    let search_in = |catalog: &Catalog, keyword: &str| {
        let query = ProductQuery { keyword: Some(keyword.into()), ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 1, NOW).unwrap()
    };
    let search = |updater: &Updater, keyword: &str| search_in(updater.catalog(), keyword);
    let before = search(&updater, "뉴발란수");
    assert_eq!((before.total, before.is_passing), (0, false));
    updater.apply(Batch { replaced: vec![named(2, "뉴발란스 운동화")], ..Batch::default() }, None).unwrap();
    assert_eq!(search(&updater, "뉴발란스").total, 1);
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let page = search(&updater, "뉴발란수");
        assert_eq!(page.is_passing, page.total == 0);
        if page.total == 1 {
            break;
        }
        assert!(Instant::now() < deadline, "{page:?}");
        std::thread::yield_now();
    }
    // Whoever opens it later knows the word too.
    assert_eq!(search_in(&home.open().unwrap(), "뉴발란수").total, 1);
    drop(updater);
    assert_eq!(search(&home.update().unwrap(), "뉴발란수").total, 1);
}

#[test]
fn an_index_counts_its_segments_and_what_was_deleted_from_them() {
    let products: Vec<Product> = (1..=3).map(|id| product(id, id)).collect();
    let (_folder, home) = build(&products);
    let mut updater = home.update().unwrap();
    assert_eq!(updater.catalog().segment_counts(), (1, 0));
    updater.apply(Batch { deleted: vec![1, 3], ..Batch::default() }, None).unwrap();
    assert_eq!((updater.catalog().segment_counts(), updater.catalog().documents()), ((1, 2), 1));
}

#[test]
fn a_segment_of_which_much_was_deleted_is_rewritten() {
    let (_folder, home) = build(&(1..=4_000).map(|id| product(id, 0)).collect::<Vec<_>>());
    let mut updater = home.update().unwrap();
    let delete = |updater: &mut Updater, ids: std::ops::RangeInclusive<i64>| {
        updater.apply(Batch { deleted: ids.collect(), ..Batch::default() }, None).unwrap();
        updater.catalog().segment_counts()
    };
    assert_eq!(delete(&mut updater, 1..=900), (1, 900));
    assert_eq!(delete(&mut updater, 901..=902), (1, 902), "less than a quarter stays where it is");
    delete(&mut updater, 903..=1_100);
    let deadline = Instant::now() + Duration::from_secs(20);
    // A merge is seen with the next change.
    for id in 1_101.. {
        if delete(&mut updater, id..=id).1 < 900 {
            break;
        }
        assert!(Instant::now() < deadline && id < 3_900, "{:?}", updater.catalog());
    }
}

/// Each file belongs to every generation. An index that opened without one would find less, and nobody would know.
#[test]
fn an_index_that_lacks_a_file_is_refused() {
    let (_folder, home) = build(&(1..=50).map(|id| product(id, id)).collect::<Vec<_>>());
    let generation = home.path().join(home.current().unwrap().unwrap());
    let names = std::fs::read_dir(&generation).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let (mut names, aside): (Vec<String>, _) = (names.collect(), home.path().join("aside"));
    names.retain(|name| !name.starts_with('.') && !name.ends_with(".lock"));
    for end in [".cards", ".pos"] {
        assert!(names.iter().any(|name| name.ends_with(end)), "{end}: {names:?}");
    }
    for name in names {
        std::fs::rename(generation.join(&name), &aside).unwrap();
        assert!(home.open().is_err(), "{name}");
        std::fs::rename(&aside, generation.join(&name)).unwrap();
        assert_eq!(home.open().unwrap().documents(), 50, "{name}");
    }
}

#[test]
fn an_index_has_one_updater() {
    let (_folder, home) = build(&[product(1, 1)]);
    let updater = home.update().unwrap();
    assert!(matches!(home.update(), Err(IndexError::Followed(_))));
    assert_eq!(home.open().unwrap().documents(), 1);
    drop(updater);
    home.update().unwrap();
}

#[test]
fn a_finished_build_says_up_to_where_it_read() {
    let (_folder, home) = build(&[]);
    assert_eq!(home.position().unwrap().as_deref(), Some("start"));
    let mut updater: Updater = home.update().unwrap();
    assert_eq!(updater.position(), Some("start"));
    updater.apply(Batch { replaced: vec![product(1, 1)], ..Batch::default() }, Some("later")).unwrap();
    assert_eq!(home.position().unwrap().as_deref(), Some("later"));
}

#[test]
fn a_snapshot_is_of_one_commit_whatever_is_committed_meanwhile() {
    let model: BTreeMap<i64, Product> = (1..=50).map(|id| (id, product(id, id))).collect();
    let (_folder, home) = build(&model.values().cloned().collect::<Vec<_>>());
    let mut updater = home.update().unwrap();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = std::sync::mpsc::channel::<()>();
    let writing = std::thread::spawn(move || {
        let mut model = model;
        for round in 1.. {
            // In every commit all products from 51 on are of the same round, as is the position.
            let mut changes: Vec<Change> = (51..=60).map(|id| Change::Replace(id, round % 40)).collect();
            let live = Live { wish_count: round, in_stock: true };
            changes.extend((1..=50).map(|id| Change::Live(id, live)));
            updater.apply(apply(&mut model, &changes), Some(&round.to_string())).unwrap();
            begin.send(()).unwrap();
            if stopped.try_recv().is_ok() {
                return;
            }
        }
    });
    begun.recv().unwrap();
    let mut rounds = BTreeSet::new();
    while rounds.len() < 10 {
        assert!(!writing.is_finished());
        let mut archive = Vec::new();
        home.export(&mut archive).unwrap();
        let folder = TempDir::new().unwrap();
        let shipped = IndexHome::new(folder.path());
        assert_eq!(shipped.import(archive.as_slice()).unwrap().generation, "gen-0001");
        let position = shipped.position().unwrap().unwrap();
        let catalog = shipped.update().unwrap().catalog().clone();
        assert_eq!(catalog.find_card(7).unwrap().unwrap().image(), "/7.jpg");
        let round: i64 = position.parse().unwrap();
        rounds.insert(round);
        assert_eq!(catalog.documents(), 60);
        for id in 51..=60 {
            assert_eq!(catalog.find(id).unwrap().digest, product(id, round % 40).digest(), "round {round}");
        }
        // Live values may be newer than the position, never older.
        assert!((1..=50).all(|id| catalog.find(id).unwrap().live.wish_count >= round), "round {round}");
    }
    stop.send(()).unwrap();
    writing.join().unwrap();
    let leftovers = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!leftovers.into_iter().any(|name| name.to_string_lossy().starts_with("export")));
}

#[test]
fn what_is_no_archive_of_an_index_leaves_the_index_as_it_was() {
    let (_folder, home) = build(&[product(1, 1)]);
    for garbage in [&b""[..], &[7; 2000], b"not a tar archive"] {
        assert!(home.import(garbage).is_err());
    }
    assert_eq!(home.current().unwrap().as_deref(), Some("gen-0001"));
    assert_eq!(home.open().unwrap().documents(), 1);
}
