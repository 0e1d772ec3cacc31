//! How often a shopper finds the product that was wanted, however it is typed: `make search-quality`.
//!
//! Every query is made from the name of one product and asks for it alone, as far as a plain look at all names tells: at
//! most ten products have what the query means. The product must then be among the first ten. The same queries tell
//! precision, for a plain look can tell that as well.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for the terminal")]

mod names;
mod queries;
mod typing;

use std::{path::PathBuf, time::Instant};

use clap::Parser;
use openrace_index::{
    Catalog, CorrectionKind, IndexHome, LexiconBuilder, Order, Product, ProductQuery, Start, WriterOptions,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{
    names::{Shelf, generated, read},
    queries::{CLASSES, Query},
};

/// Searches for products by queries made from their names, and prints how many are found
#[derive(Parser)]
#[command(after_help = "Examples:
  make search-quality
  make search-quality NAMES=products.csv   with columns product_name, price, mall_name, category")]
struct Arguments {
    /// CSV of products; without it, products are generated
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
    /// Queries of each class
    #[arg(long, default_value_t = 2_000)]
    queries: usize,
    /// Correctly typed queries, none of which may be corrected
    #[arg(long, default_value_t = 10_000)]
    correct: usize,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Print queries that found nothing of what was wanted, at most so many of each class
    #[arg(long, default_value_t = 0)]
    misses: usize,
}

const NOW: i64 = 1_000_000;
const PAGE: usize = 10;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let products = match &arguments.names {
        Some(file) => read(file)?,
        None => generated(),
    };
    let folder = tempfile::tempdir()?;
    let catalog = build(&IndexHome::new(folder.path()), &products)?;
    let shelf = Shelf::new(&products);
    let mut random = ChaCha8Rng::seed_from_u64(arguments.seed);
    println!("{} products\n", products.len());
    println!(
        "| class | queries | success@10 | MRR | of the first ten, not asked for | median, µs |\n|---|---:|---:|---:|---:|---:|"
    );
    for class in &CLASSES {
        let mut score = Score::default();
        for query in shelf.queries(class, arguments.queries, &mut random) {
            let place = score.ask(&catalog, &shelf, &query);
            if place.is_none() && score.missed() <= arguments.misses {
                println!("  {:?} for {:?}", query.typed, products[query.wanted].name);
            }
        }
        score.print(class.name);
    }
    let (mut corrected, mut asked) = (0, 0);
    for query in shelf.queries(&CLASSES[0], arguments.correct, &mut random) {
        let meaning = catalog.meaning(&query.typed, false)?;
        let corrections = &meaning.corrections;
        let changed = corrections.iter().any(|told| told.kind != CorrectionKind::Synonym);
        if changed && arguments.misses > 0 {
            println!("  {:?} became {corrections:?}", query.typed);
        }
        (corrected, asked) = (corrected + usize::from(changed), asked + 1);
    }
    println!("\ncorrectly typed queries that were corrected: {corrected} of {asked}");
    Ok(())
}

fn build(home: &IndexHome, products: &[Product]) -> anyhow::Result<Catalog> {
    let rebuild = home.begin()?;
    let mut lexicon = LexiconBuilder::default();
    products.iter().for_each(|product| lexicon.add(&product.searchable_text()));
    let writer = rebuild.writer(lexicon, WriterOptions::default())?;
    writer.add(products)?;
    rebuild.publish(writer, NOW, None)?;
    Ok(home.open()?)
}

/// What came of the queries of one class.
#[derive(Default)]
struct Score {
    asked: usize,
    found: usize,
    reciprocal_ranks: f64,
    hits: usize,
    not_asked_for: usize,
    micros: Vec<u128>,
}

impl Score {
    /// The place at which the wanted product is found, from 1.
    fn ask(&mut self, catalog: &Catalog, shelf: &Shelf, query: &Query) -> Option<usize> {
        let asked =
            ProductQuery { keyword: Some(query.typed.clone()), order: Order::RELEVANCE, ..ProductQuery::default() };
        let start = Instant::now();
        let page = catalog.search(&asked, &Start::Offset(0), PAGE, NOW).unwrap();
        self.micros.push(start.elapsed().as_micros());
        self.asked += 1;
        self.hits += page.cards.len();
        let other = page.cards.iter().filter(|card| !shelf.has_all(card.id as usize - 1, &query.meant));
        self.not_asked_for += other.count();
        let place = page.cards.iter().position(|card| card.id as usize == query.wanted + 1).map(|place| place + 1);
        self.found += usize::from(place.is_some());
        self.reciprocal_ranks += place.map_or(0.0, |place| 1.0 / place as f64);
        place
    }

    fn missed(&self) -> usize {
        self.asked - self.found
    }

    fn print(&mut self, name: &str) {
        self.micros.sort_unstable();
        let median = self.micros.get(self.micros.len() / 2).copied().unwrap_or(0);
        let part = |count: usize, of: usize| 100.0 * count as f64 / of.max(1) as f64;
        println!(
            "| {name} | {} | {:.1} % | {:.3} | {:.2} % | {median} |",
            self.asked,
            part(self.found, self.asked),
            self.reciprocal_ranks / self.asked.max(1) as f64,
            part(self.not_asked_for, self.hits),
        );
    }
}
