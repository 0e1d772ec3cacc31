//! What shoppers do, from an opening to a wish.

mod asking;
mod browse;
mod changes;
mod clicks;
mod mixed;
mod opening;
mod orders;
mod pages;
mod progress;
mod reading;
mod searches;
mod steady;
mod streams;
mod wishes;

pub use self::{
    changes::ChangesArgs,
    mixed::MixedArgs,
    opening::OpeningArgs,
    pages::PagesArgs,
    searches::SearchesArgs,
    steady::{OneProductArgs, ProductsArgs, SoldOutArgs},
    streams::StreamsArgs,
    wishes::WishesArgs,
};
use crate::{report::Report, shop::Shop};

/// What can be run again and again.
pub trait Scenario {
    /// Runs it once. The seed chooses who comes when and asks what.
    fn run(&self, shop: &Shop, seed: u64) -> impl Future<Output = anyhow::Result<Vec<Report>>>;
}
