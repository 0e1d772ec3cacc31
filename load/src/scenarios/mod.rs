//! What shoppers do, from an opening to a wish.

mod browse;
mod changes;
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
